import { Cursor } from "./cursor.ts";
import { isIn, whitespace } from "./characters.ts";
import { readNumber } from "./number.ts";

/** RFC 3261 §20.16 */
export interface CSeq {
  readonly number: number;
  readonly method: string;
}

/** CSeq = 1*DIGIT LWS Method. RFC 3261 §8.1.1.5: the number is below 2**31. */
export function parseCSeq(text: string): CSeq | undefined {
  const cursor = new Cursor(text);
  cursor.skipWhitespace();
  const number = readNumber(cursor, 2 ** 31 - 1);
  if (number === undefined || !isIn(cursor.peek(), whitespace)) return undefined;
  cursor.skipWhitespace();
  const method = cursor.takeToken();
  cursor.skipWhitespace();
  return method === "" || !cursor.isAtEnd ? undefined : { number, method };
}

export function serializeCSeq(cseq: CSeq): string {
  return `${cseq.number} ${cseq.method}`;
}
