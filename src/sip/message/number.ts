import { digit } from "./characters.ts";
import { Cursor } from "./cursor.ts";
import { trimWhitespace } from "./list.ts";

/** 1*DIGIT of at most `maximum` (below 2**53); leading zeros count for nothing. Undefined when there is none or it is more. */
export function readNumber(cursor: Cursor, maximum: number): number | undefined {
  const digits = cursor.takeRun(digit);
  // Number() of a long run gives a large or infinite value, never a small one, and takes time in proportion.
  const number = digits === "" ? Number.NaN : Number(digits);
  return number <= maximum ? number : undefined;
}

/** A whole value that is a number of at most `maximum`. */
export function parseNumber(text: string, maximum: number): number | undefined {
  const cursor = new Cursor(trimWhitespace(text));
  const number = readNumber(cursor, maximum);
  return cursor.isAtEnd ? number : undefined;
}
