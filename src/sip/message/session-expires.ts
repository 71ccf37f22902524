import { Cursor } from "./cursor.ts";
import type { SipMessage } from "./message.ts";
import { readNumber } from "./number.ts";
import { readParameters } from "./parameters.ts";

/** RFC 4028 §4: who sends the refreshes, named by the part in the transaction that agrees on it. */
export type Refresher = "uac" | "uas";

export interface SessionExpires {
  readonly seconds: number;
  /** Absent: not said, or not in a way that is known. */
  readonly refresher?: Refresher;
}

/** RFC 3261 §25.1: delta-seconds stay below 2**32. */
const maximumSeconds = 2 ** 32 - 1;

/** RFC 4028 §4; undefined when absent or unreadable. */
export function readSessionExpires(message: SipMessage): SessionExpires | undefined {
  const read = readSeconds(message, "Session-Expires");
  if (read === undefined) return undefined;
  const refresher = read.refresher?.toLowerCase();
  return refresher === "uac" || refresher === "uas"
    ? { seconds: read.seconds, refresher }
    : { seconds: read.seconds };
}

/** RFC 4028 §5: the least interval that somebody on the way takes, in seconds. */
export function readMinSe(message: SipMessage): number | undefined {
  return readSeconds(message, "Min-SE")?.seconds;
}

export function serializeSessionExpires({ seconds, refresher }: SessionExpires): string {
  return refresher === undefined ? String(seconds) : `${seconds};refresher=${refresher}`;
}

function readSeconds(message: SipMessage, header: string) {
  const cursor = new Cursor(message.headers.get(header) ?? "");
  cursor.skipWhitespace();
  const seconds = readNumber(cursor, maximumSeconds);
  const parameters = readParameters(cursor);
  cursor.skipWhitespace();
  if (seconds === undefined || parameters === undefined || !cursor.isAtEnd) return undefined;
  return { seconds, refresher: parameters.get("refresher") };
}
