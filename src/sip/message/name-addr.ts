import { bareUriCharacter, displayNameCharacter } from "./characters.ts";
import { Cursor, quote } from "./cursor.ts";
import { trimWhitespace } from "./list.ts";
import { readParameters, serializeParameters } from "./parameters.ts";
import type { Parameters } from "./parameters.ts";
import { decodeText, encodeText } from "./text.ts";
import { isAbsoluteUri, parseSipUri } from "./uri.ts";

/** An address as From, To, Contact, Route and others hold it: `"Name" <uri>;parameter=value`. */
export interface NameAddr {
  /** Without quotes, in plain text. */
  readonly displayName?: string | undefined;
  /** As it was written. Syntactically a URI; `parseUri` tells more. */
  readonly uri: string;
  /** Those of the header, not of the URI. */
  readonly parameters: Parameters;
}

const lessThan = 0x3c;
const doubleQuote = 0x22;
const comma = 0x2c;

/** One whole value. Undefined when it is none, or when more follows it. Never throws. */
export function parseNameAddr(text: string): NameAddr | undefined {
  const cursor = new Cursor(text);
  const address = readNameAddr(cursor);
  cursor.skipWhitespace();
  return cursor.isAtEnd ? address : undefined;
}

/** The values of one header line, in order. Undefined when one of them is none. */
export function parseNameAddrList(text: string): NameAddr[] | undefined {
  const cursor = new Cursor(text);
  const addresses: NameAddr[] = [];
  do {
    const address = readNameAddr(cursor);
    if (address === undefined) return undefined;
    addresses.push(address);
  } while (cursor.takeSeparator(comma));
  return cursor.isAtEnd ? addresses : undefined;
}

/** ( name-addr / addr-spec ) *( SEMI generic-param ); leaves the cursor behind it. */
export function readNameAddr(cursor: Cursor): NameAddr | undefined {
  cursor.skipWhitespace();
  let displayName: string | undefined;
  if (cursor.peek() === doubleQuote) {
    displayName = cursor.takeQuotedString();
    if (displayName === undefined) return undefined;
    cursor.skipWhitespace();
    if (cursor.peek() !== lessThan) return undefined;
  } else {
    const words = cursor.takeRun(displayNameCharacter);
    if (cursor.peek() !== lessThan) {
      cursor.position -= words.length;
      return readBareAddress(cursor);
    }
    if (words !== "") displayName = trimWhitespace(words);
  }

  cursor.position++;
  const end = cursor.text.indexOf(">", cursor.position);
  if (end === -1) return undefined;
  const uri = cursor.text.slice(cursor.position, end);
  if (!isAddress(uri)) return undefined;
  cursor.position = end + 1;
  const parameters = readParameters(cursor);
  if (parameters === undefined) return undefined;
  return { displayName: displayName === undefined ? undefined : decodeText(displayName), uri, parameters };
}

/**
 * addr-spec. RFC 3261 §20.10: without angle brackets, semicolons begin parameters of the header, and a comma or a
 * question mark may not stand in the URI at all.
 */
function readBareAddress(cursor: Cursor): NameAddr | undefined {
  const uri = cursor.takeRun(bareUriCharacter);
  if (uri.includes("?") || !isAddress(uri)) return undefined;
  const parameters = readParameters(cursor);
  return parameters === undefined ? undefined : { displayName: undefined, uri, parameters };
}

/** A SIP URI must keep to its syntax; of other schemes only the shape is looked at. */
function isAddress(uri: string): boolean {
  const first = uri.charCodeAt(0) | 0x20;
  if (first === 0x73 && /^sips?:/i.test(uri)) return parseSipUri(uri) !== undefined;
  return isAbsoluteUri(uri);
}

/** With angle brackets always: a URI may have parameters of its own. The display name is quoted, in UTF-8. */
export function serializeNameAddr(address: NameAddr): string {
  const uri = `<${address.uri}>${serializeParameters(address.parameters)}`;
  if (address.displayName === undefined) return uri;
  return `${quote(encodeText(address.displayName))} ${uri}`;
}
