import { Cursor } from "./cursor.ts";
import { isIn, whitespace } from "./characters.ts";
import type { SipMessage, SipRequest, SipResponse } from "./message.ts";
import { parseNumber, readNumber } from "./number.ts";

/** RFC 3262 §7.2: which provisional response a PRACK acknowledges. */
export interface RAck {
  /** The RSeq of the response. */
  readonly responseNumber: number;
  /** The CSeq of the request that was responded to. */
  readonly sequence: number;
  readonly method: string;
}

/** What a caller's side thinks of reliable provisional responses. */
export type Reliability = "unknown" | "supported" | "required";

/** RFC 3262 §7.1: both numbers are below 2**32. */
const largest = 2 ** 32 - 1;

const optionTag = "100rel";

/** RFC 3262 §3: without a word of it in the request no response to it may be sent reliably. */
export function readReliability(request: SipRequest): Reliability {
  if (names(request, "Require")) return "required";
  return names(request, "Supported") ? "supported" : "unknown";
}

/** RFC 3262 §4: the RSeq of a provisional response that is to be acknowledged; undefined: it is of the usual kind. */
export function readRSeq(response: SipResponse): number | undefined {
  // A 100 goes from hop to hop, and whoever sends it reliably is not to be listened to.
  if (response.status <= 100 || response.status >= 200 || !names(response, "Require")) return undefined;
  return parseNumber(response.headers.get("RSeq") ?? "", largest);
}

/** Undefined when there is none, or none that can be read. */
export function readRAck(request: SipRequest): RAck | undefined {
  const cursor = new Cursor(request.headers.get("RAck") ?? "");
  const responseNumber = takeNumber(cursor);
  const sequence = takeNumber(cursor);
  if (responseNumber === undefined || sequence === undefined) return undefined;
  const method = cursor.takeToken();
  cursor.skipWhitespace();
  return method === "" || !cursor.isAtEnd ? undefined : { responseNumber, sequence, method };
}

/** 1*DIGIT LWS 1*DIGIT LWS Method */
export function serializeRAck({ responseNumber, sequence, method }: RAck): string {
  return `${responseNumber} ${sequence} ${method}`;
}

function takeNumber(cursor: Cursor): number | undefined {
  cursor.skipWhitespace();
  const number = readNumber(cursor, largest);
  if (!isIn(cursor.peek(), whitespace)) return undefined;
  cursor.skipWhitespace();
  return number;
}

function names(message: SipMessage, header: "Require" | "Supported"): boolean {
  return (
    message.headers.has(header) &&
    message.headers.values(header).some((tag) => tag.toLowerCase() === optionTag)
  );
}
