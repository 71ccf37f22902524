import type { Buffer } from "node:buffer";
import { fail, succeed } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";
import { splitHead } from "./head.ts";
import type { Head } from "./head.ts";
import { Headers } from "./headers.ts";
import { messageLimits } from "./limits.ts";
import type { MessageLimits } from "./limits.ts";
import { SipRequest, SipResponse } from "./message.ts";
import type { ParseFailure, SipMessage } from "./message.ts";
import { parseNumber } from "./number.ts";
import { parseStartLine } from "./start-line.ts";

/**
 * One datagram as one message (RFC 3261 §18.3). Never throws; linear in the length of the input. The body is a view on
 * the datagram, not a copy. Ask `isKeepAlive` first: to this function a keep-alive is just not SIP.
 */
export function parseMessage(
  datagram: Buffer,
  limits: MessageLimits = messageLimits,
): Result<SipMessage, ParseFailure> {
  const text = datagram.toString("latin1");
  // RFC 3261 §7.5: empty lines before the start line are skipped.
  let start = 0;
  while (text.charCodeAt(start) === 0x0d && text.charCodeAt(start + 1) === 0x0a) start += 2;
  const head = splitHead(text, start, limits.headerFields);

  const body = datagram.subarray(head.bodyStart);
  const length = contentLength(head);
  if (length === undefined) return assemble(head, body);
  if (length === "unreadable") return assemble(head, body, { reason: "Content-Length", status: 400 });
  // RFC 3261 §18.3: a datagram that ends before its body does is an error; what is beyond the body is dropped.
  if (length > body.length) return assemble(head, body, { reason: "body cut short", status: 400 });
  return assemble(head, length === body.length ? body : body.subarray(0, length));
}

/** What holds a path open and says nothing: an empty datagram, CRLFs, NULs (RFC 5626 §3.5.1 and the habits of phones). */
export function isKeepAlive(datagram: Buffer): boolean {
  for (const octet of datagram) if (octet !== 0x0d && octet !== 0x0a && octet !== 0) return false;
  return true;
}

/** What Content-Length says; undefined when there is none. RFC 3261 §20.14: 1*DIGIT, and nothing else will do. */
export function contentLength(head: Head): number | "unreadable" | undefined {
  const index = head.names.indexOf("Content-Length");
  if (index === -1) return undefined;
  return parseNumber(head.values[index] ?? "", Number.MAX_SAFE_INTEGER) ?? "unreadable";
}

/** Which rule of framing was broken, as the caller saw it. */
export interface FramingFault {
  readonly reason: string;
  readonly status: 400 | 413 | 513;
}

/**
 * The message that a head and a body make. Checked at this door, for who works with messages relies on it: start line,
 * Via, From, To, Call-ID, CSeq, Max-Forwards, a SIP Request-URI, and that CSeq names the method.
 */
export function assemble(head: Head, body: Buffer, framing?: FramingFault): Result<SipMessage, ParseFailure> {
  const line = parseStartLine(head.startLine);
  if (line.kind === "broken") {
    const failure = { reason: line.isSip ? line.reason : "not SIP", offset: 0 };
    if (line.meant === undefined) return fail(failure);
    return refuse(makeRequest(line.meant.method, line.meant.requestUri, head, body), line.status, failure);
  }
  const headers = Headers.fromParsed(head.names, head.values);
  if (line.kind === "response") {
    const response = new SipResponse(line.status, line.reason, headers, body);
    const reason = head.fault?.reason ?? framing?.reason ?? response.findUnreadable();
    return reason === undefined ? succeed(response) : fail({ reason });
  }

  const request = new SipRequest(line.method, line.requestUri, headers, body);
  if (head.fault !== undefined) return refuse(request, head.fault.status, head.fault);
  if (framing !== undefined) return refuse(request, framing.status, framing);
  const reason = request.findUnreadable() ?? findContradiction(request);
  return reason === undefined ? succeed(request) : refuse(request, 400, { reason });
}

function makeRequest(method: string, requestUri: string, head: Head, body: Buffer): SipRequest {
  return new SipRequest(method, requestUri, Headers.fromParsed(head.names, head.values), body);
}

function findContradiction(request: SipRequest): string | undefined {
  // RFC 3261 §8.1.1.5: the method in CSeq is the method of the request.
  if (request.cseq.method !== request.method) return "CSeq of another method";
  if (request.uri === undefined) return isSipScheme(request.requestUri) ? "Request-URI" : undefined;
  // RFC 3261 §19.1.1: a Request-URI has no headers.
  return request.uri.headers === undefined ? undefined : "headers in the Request-URI";
}

function isSipScheme(uri: string): boolean {
  return /^sips?:/i.test(uri);
}

function refuse(
  request: SipRequest,
  status: NonNullable<ParseFailure["status"]>,
  at: { readonly reason: string; readonly offset?: number },
): Result<SipMessage, ParseFailure> {
  const where = at.offset === undefined ? { reason: at.reason } : { reason: at.reason, offset: at.offset };
  // RFC 3261 §17.1.1.3: an ACK is never answered.
  const canAnswer = request.method !== "ACK" && request.topVia !== undefined;
  return fail(canAnswer ? { ...where, respondable: request, status } : where);
}
