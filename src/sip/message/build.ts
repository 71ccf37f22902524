import { Buffer } from "node:buffer";
import { isToken } from "./characters.ts";
import { Headers } from "./headers.ts";
import { SipRequest, SipResponse } from "./message.ts";
import { parseNameAddr, serializeNameAddr } from "./name-addr.ts";
import type { NameAddr } from "./name-addr.ts";
import { reasonPhrase } from "./reason-phrase.ts";
import { isAbsoluteUri } from "./uri.ts";

const emptyBody = Buffer.alloc(0);

export type HeaderField = readonly [name: string, value: string];

export interface RequestParts {
  readonly method: string;
  readonly requestUri: string;
  /** A raw value or an address; likewise `to` and `contact`. */
  readonly from: string | NameAddr;
  readonly to: string | NameAddr;
  readonly callId: string;
  readonly cseq: number;
  readonly contact?: string | NameAddr;
  /** 70 unless said (RFC 3261 §8.1.1.6). */
  readonly maxForwards?: number;
  /** Further fields, in this order, after the ones above. */
  readonly headers?: Iterable<HeaderField>;
  readonly body?: Buffer;
}

/**
 * A request without Via, which the transaction adds (RFC 3261 §8.1.1). A method that is no token or a Request-URI that is
 * no URI is a bug of the caller and throws: neither may ever come from outside unchecked.
 */
export function createRequest(parts: RequestParts): SipRequest {
  if (!isToken(parts.method)) throw new TypeError("the method of a request must be a token");
  if (!isAbsoluteUri(parts.requestUri)) throw new TypeError("the Request-URI of a request must be a URI");
  const headers = new Headers();
  headers.append("Max-Forwards", String(parts.maxForwards ?? 70));
  headers.append("From", addressText(parts.from));
  headers.append("To", addressText(parts.to));
  headers.append("Call-ID", parts.callId);
  headers.append("CSeq", `${parts.cseq} ${parts.method}`);
  if (parts.contact !== undefined) headers.append("Contact", addressText(parts.contact));
  for (const [name, value] of parts.headers ?? []) headers.append(name, value);
  return new SipRequest(parts.method, parts.requestUri, headers, parts.body ?? emptyBody);
}

/** The same request with headers of its own, so that either can change; with another Request-URI or body where given. */
export function copyRequest(
  request: SipRequest,
  changes: { readonly requestUri?: string; readonly body?: Buffer } = {},
): SipRequest {
  const requestUri = changes.requestUri ?? request.requestUri;
  if (!isAbsoluteUri(requestUri)) throw new TypeError("the Request-URI of a request must be a URI");
  return new SipRequest(request.method, requestUri, request.headers.clone(), changes.body ?? request.body);
}

export interface ResponseParts {
  /** Put on the To where it has none and the status is above 100. */
  readonly toTag?: string;
  /** Further fields, in this order, after the copied ones. */
  readonly headers?: Iterable<HeaderField>;
  readonly body?: Buffer;
}

/** RFC 3261 §12.1, RFC 6665 §4.4.1: requests whose answer can set up a dialog. */
const dialogForming = new Set(["INVITE", "SUBSCRIBE", "REFER"]);

/**
 * A response to a request: Via, From, To, Call-ID and CSeq are taken over as they came, without being read again
 * (RFC 3261 §8.2.6.2). Works for the request of a `ParseFailure` as well, with whatever of them it has.
 */
export function createResponse(
  request: SipRequest,
  status: number,
  reason = reasonPhrase(status),
  parts: ResponseParts = {},
): SipResponse {
  const headers = new Headers();
  headers.copy("Via", request.headers, "all");
  headers.copy("From", request.headers, "first");
  headers.copy("To", request.headers, "first");
  headers.copy("Call-ID", request.headers, "first");
  headers.copy("CSeq", request.headers, "first");
  if (parts.toTag !== undefined && status > 100) addToTag(headers, parts.toTag);
  // RFC 3261 §12.1.1: the route that the dialog's later requests take.
  if (status > 100 && status < 300 && dialogForming.has(request.method)) {
    headers.copy("Record-Route", request.headers, "all");
  }
  // RFC 3261 §8.2.6.1: so that the client can tell how long the way was.
  if (status === 100) headers.copy("Timestamp", request.headers, "first");
  for (const [name, value] of parts.headers ?? []) headers.append(name, value);
  return new SipResponse(status, reason, headers, parts.body ?? emptyBody);
}

function addToTag(headers: Headers, tag: string): void {
  const to = headers.get("To");
  if (to === undefined || parseNameAddr(to)?.parameters.has("tag") === true) return;
  headers.set("To", `${to};tag=${tag}`);
}

function addressText(address: string | NameAddr): string {
  return typeof address === "string" ? address : serializeNameAddr(address);
}

export { reasonPhrase } from "./reason-phrase.ts";
