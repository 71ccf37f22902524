import { isIPv6 } from "node:net";
import { digit, hostCharacter } from "./characters.ts";
import type { Cursor } from "./cursor.ts";

export interface HostPort {
  /** In lower case; an IPv6 address keeps its brackets. */
  readonly host: string;
  readonly port: number | undefined;
}

const colon = 0x3a;
const openBracket = 0x5b;

/** hostport = host [ ":" port ], host = hostname / IPv4address / "[" IPv6address "]"; no white space within. */
export function readHostPort(cursor: Cursor): HostPort | undefined {
  const host = readHost(cursor);
  if (host === undefined) return undefined;
  if (!cursor.take(colon)) return { host, port: undefined };
  const port = readPort(cursor);
  return port === undefined ? undefined : { host, port };
}

/** host = hostname / IPv4address / IPv6reference, in lower case. */
export function readHost(cursor: Cursor): string | undefined {
  if (cursor.peek() === openBracket) return readIPv6Reference(cursor);
  const host = cursor.takeRun(hostCharacter);
  return host === "" ? undefined : host.toLowerCase();
}

/** port = 1*DIGIT, at most 65535. */
export function readPort(cursor: Cursor): number | undefined {
  const digits = cursor.takeRun(digit);
  if (digits === "" || digits.length > 5) return undefined;
  const port = Number(digits);
  return port <= 65_535 ? port : undefined;
}

/** RFC 5954 §4.1: what stands in the brackets is an address as RFC 4291 writes it. */
function readIPv6Reference(cursor: Cursor): string | undefined {
  const start = cursor.position + 1;
  // No IPv6 address is longer than 45 characters, a zone aside; a missing bracket is not searched for any further.
  const length = cursor.text.slice(start, start + 64).indexOf("]");
  if (length === -1) return undefined;
  const written = cursor.text.slice(start, start + length);
  // RFC 5118 §4.10: the ABNF of RFC 3261 lets a third colon stand before an IPv4 part; it is read as two.
  const address = written.replace(/:::(?=\d+\.)/, "::");
  if (!isIPv6(address)) return undefined;
  cursor.position = start + length + 1;
  return `[${address.toLowerCase()}]`;
}
