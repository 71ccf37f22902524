import { isIn, isToken, whitespace } from "./characters.ts";
import { findHeaderRow } from "./header-registry.ts";
import { trimWhitespace } from "./list.ts";

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

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const backslash = 0x5c;

/**
 * Splits a head that was decoded as latin1, so that a character is an octet. `start` is where the start line begins.
 * RFC 3261 §7.3: each line ends with CRLF, and one that begins with white space goes on with the field before.
 */
export function splitHead(text: string, start: number, maximumFields: number): Head {
  const names: string[] = [];
  const values: string[] = [];
  let startLine: string | undefined;
  let fault: HeadFault | undefined;
  let seenOnce = 0;
  let colon = start - 1;
  let position = start;

  for (;;) {
    const feed = text.indexOf("\n", position);
    if (feed === -1) {
      fault ??= { reason: "head without end", offset: position, status: 400 };
      position = text.length;
      break;
    }
    fault ??= findLineFault(text, position, feed);
    const end = endOfLine(text, position, feed);
    if (end === position && startLine !== undefined) {
      position = feed + 1;
      break;
    }

    const lineStart = position;
    position = feed + 1;
    if (startLine === undefined) {
      startLine = text.slice(lineStart, end);
      continue;
    }

    // Searched for again only once it is behind: lines without a colon must not each search all that follows.
    if (colon < lineStart) colon = text.indexOf(":", lineStart);
    if (colon === -1) colon = text.length;
    const hasColon = colon < end;
    let value = hasColon ? sliceTrimmed(text, colon + 1, end) : "";
    if (isIn(text.charCodeAt(position), whitespace)) {
      const pieces = [value];
      while (isIn(text.charCodeAt(position), whitespace)) {
        const pieceFeed = text.indexOf("\n", position);
        if (pieceFeed === -1) break;
        fault ??= findLineFault(text, position, pieceFeed);
        pieces.push(sliceTrimmed(text, position, pieceFeed));
        position = pieceFeed + 1;
      }
      value = trimWhitespace(pieces.join(" "));
    }
    if (!hasColon) {
      fault ??= { reason: "line without colon", offset: lineStart, status: 400 };
      continue;
    }
    // RFC 3261 §25.1: HCOLON = *( SP / HTAB ) ":" SWS
    let nameEnd = colon;
    while (nameEnd > lineStart && isIn(text.charCodeAt(nameEnd - 1), whitespace)) nameEnd--;
    const written = text.slice(lineStart, nameEnd);
    const row = findHeaderRow(written);
    if (row === undefined) {
      if (!isToken(written)) {
        fault ??= { reason: "header name", offset: lineStart, status: 400 };
        continue;
      }
    } else if (row.onceBit !== 0) {
      if ((seenOnce & row.onceBit) !== 0) {
        fault ??= { reason: `second ${row.name}`, offset: lineStart, status: 400 };
      }
      seenOnce |= row.onceBit;
    }
    if (names.length === maximumFields) {
      fault ??= { reason: "too many header fields", offset: lineStart, status: 513 };
      break;
    }
    names.push(row === undefined ? written : row.name);
    values.push(value);
  }

  fault ??= findBareNul(text, start, position);
  return { startLine: startLine ?? "", names, values, bodyStart: position, fault };
}

/**
 * A line that ends without CR, or has a CR of its own. Some take either for a line end and some do not: what one element
 * checks must be what the next one reads. Asked only until a first fault is found, which keeps the search linear.
 */
function findLineFault(text: string, start: number, feed: number): HeadFault | undefined {
  const carriage = text.indexOf("\r", start);
  if (carriage === feed - 1) return undefined;
  const isBareFeed = carriage === -1 || carriage > feed;
  return isBareFeed
    ? { reason: "bare line feed", offset: feed, status: 400 }
    : { reason: "bare carriage return", offset: carriage, status: 400 };
}

function endOfLine(text: string, start: number, feed: number): number {
  return feed > start && text.charCodeAt(feed - 1) === carriageReturn ? feed - 1 : feed;
}

/** The part of the text without SP, HTAB and CR around. */
function sliceTrimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isIn(text.charCodeAt(start), whitespace)) start++;
  while (end > start && isTrailing(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isTrailing(code: number): boolean {
  return isIn(code, whitespace) || code === carriageReturn || code === lineFeed;
}

/** RFC 3261 §25.1: NUL may stand in a head only behind the backslash of a quoted-pair. */
function findBareNul(text: string, start: number, end: number): HeadFault | undefined {
  for (let nul = text.indexOf("\0", start); nul !== -1 && nul < end; nul = text.indexOf("\0", nul + 1)) {
    if (text.charCodeAt(nul - 1) !== backslash)
      return { reason: "NUL in the head", offset: nul, status: 400 };
  }
  return undefined;
}
