import type { SipRequest, SipResponse } from "../message/message.ts";

/** RFC 3261 §8.1.1.7: a branch that begins so is the client's promise that it is unique. */
export const magicCookie = "z9hG4bK";

/**
 * Under which the server transaction of a request is kept: equal for copies of it. RFC 3261 §17.2.3: branch, sent-by and
 * method make the key, an ACK having the INVITE's method; from a client of RFC 2543, which has no unique branch, it is all
 * that told requests apart then.
 */
export function serverKey(request: SipRequest, method: string): string {
  const via = request.topVia;
  if (via === undefined) return "";
  const branch = via.branch;
  const sentBy = `${via.host}:${via.port ?? ""}`;
  // A bare cookie is no promise kept (RFC 4475 §3.1.2.19 has one).
  if (branch !== undefined && branch.length > magicCookie.length && branch.startsWith(magicCookie)) {
    return `${method} ${branch} ${sentBy}`;
  }
  // The To tag is left out: the ACK has the response's, and no client of that kind tells requests apart by it alone.
  const { callId, fromTag = "", requestUri, cseq } = request;
  return `${method} ${requestUri} ${callId} ${fromTag} ${cseq.number} ${via.protocol} ${sentBy} ${branch ?? ""}`;
}

/** RFC 3261 §17.1.3: a response belongs to the request with its branch and the method of its CSeq. */
export function clientKey(branch: string, method: string): string {
  return `${method} ${branch}`;
}

/** `clientKey` of a response; undefined when its branch is none of ours. */
export function clientKeyOf(response: SipResponse): string | undefined {
  const branch = response.topVia?.branch;
  return branch === undefined ? undefined : clientKey(branch, response.cseq.method);
}

/**
 * Equal for one request that came by two ways. RFC 3261 §8.2.2.2: From tag, Call-ID and CSeq. The Request-URI is looked at
 * too: Kamailio keeps the three on the leg that follows a 302, and that one is a new call.
 */
export function mergeKey(request: SipRequest): string {
  const { callId, fromTag = "", requestUri, cseq } = request;
  return `${cseq.number} ${cseq.method} ${callId} ${fromTag} ${requestUri}`;
}
