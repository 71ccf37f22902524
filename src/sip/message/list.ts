import { closingQuote } from "./cursor.ts";

const comma = 0x2c;
const doubleQuote = 0x22;
const lessThan = 0x3c;

/** Where the value that begins at `start` ends: at the next comma outside quotes and angle brackets, or at the end. */
export function endOfFirstValue(text: string, start = 0): number {
  for (let position = start; position < text.length; position++) {
    const code = text.charCodeAt(position);
    if (code === comma) return position;
    if (code === doubleQuote) {
      const close = closingQuote(text, position + 1);
      if (close === -1) return text.length;
      position = close;
    } else if (code === lessThan) {
      const close = text.indexOf(">", position + 1);
      if (close === -1) return text.length;
      position = close;
    }
  }
  return text.length;
}

/** RFC 3261 §7.3.1: the values of one field of a list header, without white space around; empty ones are left out. */
export function splitList(text: string): string[] {
  if (!text.includes(",")) return text === "" ? [] : [text];
  const values: string[] = [];
  for (let start = 0; start <= text.length;) {
    const end = endOfFirstValue(text, start);
    const value = trimWhitespace(text.slice(start, end));
    if (value !== "") values.push(value);
    start = end + 1;
  }
  return values;
}

/** Takes SP, HTAB, CR and LF off both ends and nothing else: `trim` would eat 0xA0, an octet of many UTF-8 letters. */
export function trimWhitespace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isLinearWhitespace(text.charCodeAt(start))) start++;
  while (end > start && isLinearWhitespace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isLinearWhitespace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a;
}
