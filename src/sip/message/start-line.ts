import { isToken } from "./characters.ts";
import { isAbsoluteUri } from "./uri.ts";

export interface RequestLine {
  readonly kind: "request";
  readonly method: string;
  readonly requestUri: string;
}

export interface StatusLine {
  readonly kind: "response";
  readonly status: number;
  readonly reason: string;
}

/** A line that breaks the rules; what it was meant to ask where that can be told. */
export interface BrokenStartLine {
  readonly kind: "broken";
  readonly reason: string;
  /** False for what is not SIP at all (HTTP, TLS, noise): it deserves no answer. */
  readonly isSip: boolean;
  readonly status: 400 | 505;
  readonly meant?: RequestLine;
}

/** RFC 3261 §7.1, §7.2. Never throws. */
export function parseStartLine(line: string): RequestLine | StatusLine | BrokenStartLine {
  return isVersion(line.slice(0, 7)) && line.charCodeAt(7) === 0x20
    ? parseStatusLine(line)
    : parseRequestLine(line);
}

/** Request-Line = Method SP Request-URI SP SIP-Version: single spaces, none at the end. */
function parseRequestLine(line: string): RequestLine | BrokenStartLine {
  const first = line.indexOf(" ");
  const last = line.lastIndexOf(" ");
  if (first > 0 && last > first && isVersion(line.slice(last + 1))) {
    const method = line.slice(0, first);
    const requestUri = line.slice(first + 1, last);
    if (isToken(method) && isAbsoluteUri(requestUri)) return { kind: "request", method, requestUri };
  }
  return explainBrokenLine(line);
}

/** Status-Line = SIP-Version SP Status-Code SP Reason-Phrase; the reason may be empty, and some leave its space out. */
function parseStatusLine(line: string): StatusLine | BrokenStartLine {
  const code = line.slice(8, 11);
  const isWhole = line.length === 11 || line.charCodeAt(11) === 0x20;
  // RFC 3261 §7.2: six classes, and no code has another number of digits.
  if (!isWhole || !/^[1-6][0-9][0-9]$/.test(code)) {
    return { kind: "broken", reason: "status code", isSip: true, status: 400 };
  }
  return { kind: "response", status: Number(code), reason: line.slice(12) };
}

function explainBrokenLine(line: string): BrokenStartLine {
  const words = line.split(/[ \t]/).filter((word) => word !== "");
  const version = words.at(-1) ?? "";
  const method = words[0] ?? "";
  if (words.length < 2 || !/^SIP\/[0-9]+\.[0-9]+$/i.test(version) || !isToken(method)) {
    return { kind: "broken", reason: "start line", isSip: /^SIP\//i.test(line), status: 400 };
  }
  const meant: RequestLine = { kind: "request", method, requestUri: words.slice(1, -1).join("") };
  // RFC 3261 §21.5.6: another version of the protocol.
  if (!isVersion(version)) return { kind: "broken", reason: "SIP version", isSip: true, status: 505, meant };
  return { kind: "broken", reason: "request line", isSip: true, status: 400, meant };
}

/** RFC 3261 §7.1: the version is matched without regard to case. */
function isVersion(text: string): boolean {
  return text === "SIP/2.0" || text.toUpperCase() === "SIP/2.0";
}
