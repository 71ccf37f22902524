import { Cursor } from "./cursor.ts";
import type { SipMessage } from "./message.ts";
import { parseNumber, readNumber } from "./number.ts";

/** RFC 3261 §25.1: delta-seconds stay below 2**32. */
const maximumSeconds = 2 ** 32 - 1;

/** RFC 3261 §20.19, in seconds; undefined when absent or unreadable. */
export function readExpires(message: SipMessage): number | undefined {
  return parseNumber(message.headers.get("Expires") ?? "", maximumSeconds);
}

/** RFC 3261 §20.23: what a 423 asks for at least, in seconds. */
export function readMinExpires(message: SipMessage): number | undefined {
  return parseNumber(message.headers.get("Min-Expires") ?? "", maximumSeconds);
}

/** RFC 3261 §20.33, in seconds; a comment and parameters behind it are passed over. */
export function readRetryAfter(message: SipMessage): number | undefined {
  const cursor = new Cursor(message.headers.get("Retry-After") ?? "");
  cursor.skipWhitespace();
  const seconds = readNumber(cursor, maximumSeconds);
  // "18000;duration=3600", "120 (I'm in a meeting)", but no "5x".
  const next = cursor.peek();
  const isWhole = cursor.isAtEnd || next === 0x20 || next === 0x09 || next === 0x3b || next === 0x28;
  return isWhole ? seconds : undefined;
}
