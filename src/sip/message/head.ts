import { isIn, isToken, whitespace } from "./characters.ts";
import { findHeaderRow } from "./header-registry.ts";
import { trimWhitespace } from "./list.ts";
import { safeHeadText } from "./text.ts";

/** A head taken apart and nothing more. */
export interface Head {
  readonly startLine: string;
  /** Long names, in order; unknown ones as they were written. */
  readonly names: string[];
  /** Unfolded, without white space around. */
  readonly values: string[];
  /** The octet after the empty line, or the end of the text when there is no empty line. */
  readonly bodyStart: number;
  /** The first thing that was wrong. What can be kept of the rest is kept, so that an answer can be made of it. */
  readonly fault: HeadFault | undefined;
}

export interface HeadFault {
  readonly reason: string;
  readonly offset: number;
  readonly status: 400 | 513;
}

const carriageReturn = 0x0d;
const backslash = 0x5c;

/**
 * Splits a head that was decoded as latin1, so that a character is an octet. `start` is where the start line begins.
 * RFC 3261 §7.3: each line ends with CRLF, and one that begins with white space goes on with the field before.
 */
export function splitHead(text: string, start: number, maximumFields: number): Head {
  return new HeadSplitter(text, start, maximumFields).split();
}

/** Moves forward line by line. Each search begins behind the one before and is not repeated: linear whatever comes. */
class HeadSplitter {
  readonly #text: string;
  readonly #start: number;
  readonly #maximumFields: number;
  readonly #names: string[] = [];
  readonly #values: string[] = [];
  #position: number;
  /** The next colon, looked for again only once it is behind. */
  #colon = -1;
  /** Which of the headers that may stand only once were seen. */
  #seenOnce = 0;
  #fault: HeadFault | undefined;

  constructor(text: string, start: number, maximumFields: number) {
    this.#text = text;
    this.#start = start;
    this.#position = start;
    this.#maximumFields = maximumFields;
  }

  split(): Head {
    const text = this.#text;
    const startLineEnd = this.#takeLine();
    const startLine = startLineEnd === -1 ? "" : text.slice(this.#start, startLineEnd);
    for (;;) {
      const lineStart = this.#position;
      const lineEnd = this.#takeLine();
      if (lineEnd === -1 || lineEnd === lineStart) break;
      this.#takeField(lineStart, lineEnd);
    }
    this.#checkNuls();
    const values = this.#fault === undefined ? this.#values : this.#values.map(safeHeadText);
    return { startLine, names: this.#names, values, bodyStart: this.#position, fault: this.#fault };
  }

  /** Steps over a line; answers where it ends without its line break, -1 when there is no whole line any more. */
  #takeLine(): number {
    const start = this.#position;
    const feed = this.#text.indexOf("\n", start);
    if (feed === -1) {
      this.#blame("head without end", start);
      this.#position = this.#text.length;
      return -1;
    }
    this.#position = feed + 1;
    if (this.#fault === undefined) this.#checkLineBreak(start, feed);
    return feed > start && this.#text.charCodeAt(feed - 1) === carriageReturn ? feed - 1 : feed;
  }

  /**
   * The first CR of a line stands before its LF. Some take a lone CR or LF for a line end and some do not: what one
   * element checks must be what the next one reads.
   */
  #checkLineBreak(start: number, feed: number): void {
    const carriage = this.#text.indexOf("\r", start);
    if (carriage === feed - 1) return;
    if (carriage === -1 || carriage > feed) this.#blame("bare line feed", feed);
    else this.#blame("bare carriage return", carriage);
  }

  /** message-header = header-name HCOLON value, on the line given and those that go on with it. */
  #takeField(lineStart: number, lineEnd: number): void {
    const text = this.#text;
    if (this.#colon < lineStart) {
      const colon = text.indexOf(":", lineStart);
      this.#colon = colon === -1 ? text.length : colon;
    }
    const colon = this.#colon;
    const hasColon = colon < lineEnd;
    let value = hasColon ? sliceTrimmed(text, colon + 1, lineEnd) : "";
    if (isIn(text.charCodeAt(this.#position), whitespace)) value = this.#unfold(value);
    if (!hasColon) {
      this.#blame("line without colon", lineStart);
      return;
    }
    // RFC 3261 §25.1: HCOLON = *( SP / HTAB ) ":" SWS
    const name = this.#readName(sliceTrimmed(text, lineStart, colon), lineStart);
    if (name === undefined) return;
    if (this.#names.length === this.#maximumFields) {
      this.#blame("too many header fields", lineStart, 513);
      return;
    }
    this.#names.push(name);
    this.#values.push(value);
  }

  /** The value with what the lines that begin with white space add to it. */
  #unfold(value: string): string {
    const pieces = [value];
    while (isIn(this.#text.charCodeAt(this.#position), whitespace)) {
      const start = this.#position;
      const end = this.#takeLine();
      if (end === -1) break;
      pieces.push(sliceTrimmed(this.#text, start, end));
    }
    return trimWhitespace(pieces.join(" "));
  }

  /** The long form of a known name; an unknown one as it is, if it is a token. */
  #readName(written: string, offset: number): string | undefined {
    const row = findHeaderRow(written);
    if (row === undefined) {
      if (isToken(written)) return written;
      this.#blame("header name", offset);
      return undefined;
    }
    if ((this.#seenOnce & row.onceBit) !== 0) this.#blame(`second ${row.name}`, offset);
    this.#seenOnce |= row.onceBit;
    return row.name;
  }

  /** RFC 3261 §25.1: NUL may stand in a head only behind the backslash of a quoted-pair. */
  #checkNuls(): void {
    const text = this.#text;
    for (let nul = text.indexOf("\0", this.#start); nul !== -1; nul = text.indexOf("\0", nul + 1)) {
      if (nul >= this.#position) return;
      if (text.charCodeAt(nul - 1) !== backslash) this.#blame("NUL in the head", nul);
    }
  }

  #blame(reason: string, offset: number, status: 400 | 513 = 400): void {
    this.#fault ??= { reason, offset, status };
  }
}

/** The part of the text without SP and HTAB around. */
function sliceTrimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isIn(text.charCodeAt(start), whitespace)) start++;
  while (end > start && isIn(text.charCodeAt(end - 1), whitespace)) end--;
  return text.slice(start, end);
}
