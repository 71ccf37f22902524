import { Buffer } from "node:buffer";

/*
 * A head is held as a byte string: one character (0 to 255) for each octet, as latin1 decodes it. So what was not
 * understood goes out octet by octet as it came in. RFC 3261 §7.3.1 says UTF-8; the few places that show text to people
 * turn it with `decodeText`, and what people typed comes in with `encodeText`.
 */

const beyondAscii = /[\u0080-\uffff]/;
const beyondOctets = /[\u0100-\uffff]/;
const unsafe = /[\0\r\n\u0100-\uffff]/;
const lineBreaks = /[\0\r\n]+/g;

/** The text that a byte string stands for; octets that are no UTF-8 become U+FFFD. */
export function decodeText(bytes: string): string {
  return beyondAscii.test(bytes) ? Buffer.from(bytes, "latin1").toString("utf8") : bytes;
}

/** The byte string for a text, in UTF-8. */
export function encodeText(text: string): string {
  return beyondAscii.test(text) ? Buffer.from(text, "utf8").toString("latin1") : text;
}

/**
 * A value that is safe to stand in a head: no CR, LF or NUL (each run becomes one space) and nothing above one octet.
 * The latter matters: written as latin1, U+010A would leave as a line feed.
 */
export function safeHeadText(value: string): string {
  if (!unsafe.test(value)) return value;
  const octets = beyondOctets.test(value) ? encodeText(value) : value;
  return octets.replace(lineBreaks, " ");
}
