/**
 * What a request gets that is no INVITE for a line, and what keeps an INVITE from being looked at at all. The order is
 * that of RFC 3261 §8.2: method, then headers, then content.
 */
import type { SipRequest, SipResponse } from "../sip/user-agent.ts";
import { createResponse } from "../sip/user-agent.ts";

/** What can be asked of us. BYE belongs to no call that we have yet; it is named because its answer is a proper one. */
export const allowedMethods = "INVITE, ACK, CANCEL, BYE, OPTIONS";

/** Option tags that a peer may insist on: none of them asks more of a redirection than it gives. */
const knownExtensions = new Set(["100rel", "timer", "histinfo", "replaces", "norefersub"]);

/** Those, and methods of other RFCs that we know and do not do (405); any other is unknown (501). */
const knownMethods = new Set([
  ...allowedMethods.split(", "),
  "REGISTER",
  "SUBSCRIBE",
  "NOTIFY",
  "PUBLISH",
  "REFER",
  "MESSAGE",
  "INFO",
  "UPDATE",
  "PRACK",
]);

export const optionsHeaders = [
  ["Allow", allowedMethods],
  ["Accept", "application/sdp"],
  ["Supported", "100rel, histinfo, replaces"],
] as const;

/** The answer to a request other than INVITE, ACK and CANCEL. */
export function answerOther(request: SipRequest, toTag: string): SipResponse {
  // RFC 3261 §8.2.1: what the method is comes before all that its headers ask.
  if (!knownMethods.has(request.method)) return createResponse(request, 501, undefined, { toTag });
  // RFC 3261 §8.2.2.1: a scheme that we do not speak.
  if (request.uri === undefined) return createResponse(request, 416, undefined, { toTag });
  const unsupported = unsupportedIn(request, toTag);
  if (unsupported !== undefined) return unsupported;
  // RFC 3891 §3: calls alone take the place of others.
  if (request.headers.has("Replaces")) return createResponse(request, 400, undefined, { toTag });
  if (request.method === "OPTIONS") {
    // RFC 3261 §11.2: PBXs ask so whether a line is there, and expect the answer at once.
    return createResponse(request, 200, undefined, { toTag, headers: optionsHeaders });
  }
  // RFC 3261 §12.2.2: within a dialog that we do not have; after a crash, this ends the call cleanly on the other side.
  if (request.toTag !== undefined || request.method === "BYE") {
    return createResponse(request, 481, undefined, { toTag });
  }
  return createResponse(request, 405, undefined, { toTag, headers: [["Allow", allowedMethods]] });
}

/** Why an INVITE is refused before its line is asked; undefined: it is fine. */
export function refusalOfInvite(request: SipRequest, toTag: string): SipResponse | undefined {
  // RFC 3261 §8.2.2.1, as above.
  if (request.uri === undefined) return createResponse(request, 416, undefined, { toTag });
  // RFC 3261 §12.2.2: no dialog of ours; a re-INVITE is never forwarded.
  if (request.toTag !== undefined) return createResponse(request, 481, undefined, { toTag });
  return unsupportedIn(request, toTag);
}

/** RFC 3261 §8.2.2.3: what a peer insists on and we do not know. */
function unsupportedIn(request: SipRequest, toTag: string): SipResponse | undefined {
  if (!request.headers.has("Require")) return undefined;
  const unknown = request.headers.values("Require").filter((tag) => !knownExtensions.has(tag.toLowerCase()));
  if (unknown.length === 0) return undefined;
  return createResponse(request, 420, undefined, { toTag, headers: [["Unsupported", unknown.join(", ")]] });
}
