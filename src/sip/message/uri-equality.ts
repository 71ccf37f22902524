import type { SipUri } from "./uri.ts";

/** Parameters that make two URIs differ even when only one of them has it. */
const decisive = ["user", "ttl", "method", "maddr", "transport"];

/** RFC 3261 §19.1.4: whether two URIs mean the same. Not transitive; no substitute for a key. */
export function sipUriEquals(a: SipUri, b: SipUri): boolean {
  return (
    a.scheme === b.scheme &&
    unreservedUnescaped(a.user) === unreservedUnescaped(b.user) &&
    unreservedUnescaped(a.password) === unreservedUnescaped(b.password) &&
    a.host === b.host &&
    // The default port is not filled in: sip:bob@host is not sip:bob@host:5060.
    a.port === b.port &&
    parametersAgree(a, b) &&
    sortedHeaders(a.headers) === sortedHeaders(b.headers)
  );
}

function parametersAgree(a: SipUri, b: SipUri): boolean {
  for (const name of decisive) if (a.parameters.has(name) !== b.parameters.has(name)) return false;
  for (const [name, value] of a.parameters) {
    // One that only one of the two has does not matter, unless it is decisive.
    if (b.parameters.has(name) && !sameParameterValue(value, b.parameters.get(name))) return false;
  }
  return true;
}

function sameParameterValue(a: string | undefined, b: string | undefined): boolean {
  return unreservedUnescaped(a)?.toLowerCase() === unreservedUnescaped(b)?.toLowerCase();
}

/** Headers count in any order; names without regard to case. */
function sortedHeaders(headers: string | undefined): string {
  if (headers === undefined) return "";
  return headers
    .split("&")
    .map((header) => {
      const mark = header.indexOf("=");
      const name = mark === -1 ? header : header.slice(0, mark);
      return name.toLowerCase() + header.slice(name.length);
    })
    .map((header) => unreservedUnescaped(header) ?? "")
    .sort()
    .join("&");
}

/** Escapes of characters outside the reserved set equal the characters; the others stay, in one case. */
function unreservedUnescaped(text: string | undefined): string | undefined {
  if (text?.includes("%") !== true) return text;
  return text.replace(/%[0-9a-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return /[\w.!~*'()-]/.test(character) ? character : escape.toUpperCase();
  });
}
