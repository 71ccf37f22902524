import { Cursor, quote } from "./cursor.ts";
import type { SipMessage } from "./message.ts";
import { parseNumber } from "./number.ts";
import { readParameters } from "./parameters.ts";
import { decodeText, encodeText } from "./text.ts";

/** RFC 3326 §2: why a request was sent, a BYE or CANCEL above all. */
export interface Reason {
  /** `SIP`, `Q.850`, ... */
  readonly protocol: string;
  readonly cause?: number;
  readonly text?: string;
}

/** All of them; one that cannot be read is left out. */
export function readReasons(message: SipMessage): Reason[] {
  return message.headers
    .values("Reason")
    .map(parseReason)
    .filter((reason) => reason !== undefined);
}

/** reason-value = protocol *( SEMI reason-params ) */
export function parseReason(value: string): Reason | undefined {
  const cursor = new Cursor(value);
  cursor.skipWhitespace();
  const protocol = cursor.takeToken();
  const parameters = readParameters(cursor);
  if (protocol === "" || parameters === undefined || !cursor.isAtEnd) return undefined;
  const cause = parseNumber(parameters.get("cause") ?? "", 9999);
  const text = parameters.get("text");
  return {
    protocol,
    ...(cause === undefined ? undefined : { cause }),
    ...(text === undefined ? undefined : { text: decodeText(text) }),
  };
}

export function serializeReason(reason: Reason): string {
  const cause = reason.cause === undefined ? "" : `;cause=${reason.cause}`;
  const text = reason.text === undefined ? "" : `;text=${quote(encodeText(reason.text))}`;
  return reason.protocol + cause + text;
}
