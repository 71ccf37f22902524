/**
 * What of a message goes on to the other leg of a call. A B2BUA writes each message anew: only what is named here
 * passes, whatever the spelling it came in, so nothing that a phone or a PBX invents reaches the other side.
 */
import type { Buffer } from "node:buffer";
import type { HeaderFields, SipMessage, SipRequest } from "../sip/user-agent.ts";

/** On which side of Divert a leg is. What a PBX says of identity is believed; what a phone says is not. */
export type Side = "pbx" | "phone";

/** What describes the body. It goes where the body goes. */
const content = [
  "Content-Type",
  "Content-Disposition",
  "Content-Encoding",
  "Content-Language",
  "MIME-Version",
] as const;

const inInvite: Readonly<Record<Side, readonly string[]>> = {
  // RFC 3325 §5, RFC 3323: what the line's own PBX asserts. Whoever may not be named is left out by `identityPasses`.
  pbx: ["Alert-Info", "Subject", "Priority", "Privacy", "Diversion", "History-Info"],
  // A phone that called its call an emergency would not be forwarded by other lines (RFC 7090 §3).
  phone: ["Subject", "Privacy"],
};

const inRequest = [
  "Reason",
  "Event",
  "Subscription-State",
  "Info-Package",
  "Recv-Info",
  "Subject",
  // RFC 4488 §4: whether a REFER is to be reported on is between its sender and who carries it out.
  "Refer-Sub",
] as const;

const inResponse = [
  "Warning",
  "Retry-After",
  "Min-SE",
  "Accept",
  "Accept-Encoding",
  "Accept-Language",
  "Refer-Sub",
] as const;

/** Of an INVITE that begins a call, and came from that side. */
export function inviteHeaders(request: SipRequest, from: Side): HeaderFields {
  const identity = from === "pbx" && !isPrivate(request) ? ["P-Asserted-Identity"] : [];
  return pick(request, [...identity, ...inInvite[from], ...contentNames(request)]);
}

/** Of a request within a call. */
export function requestHeaders(request: SipRequest): HeaderFields {
  return pick(request, [...inRequest, ...contentNames(request)]);
}

/** Of any response. */
export function responseHeaders(response: SipMessage): HeaderFields {
  return pick(response, [...inResponse, ...contentNames(response)]);
}

/** A body with the headers that say what it is. */
export interface MediaDescription {
  readonly headers: HeaderFields;
  readonly body?: Buffer;
}

/** A body as it came, byte for byte, with what describes it. */
export function bodyOf(message: SipMessage): MediaDescription {
  return { headers: pick(message, contentNames(message)), ...withBody(message) };
}

export function withBody(message: SipMessage): { body?: Buffer } {
  return message.body.length === 0 ? {} : { body: message.body };
}

/** RFC 7332, RFC 3261 §16.6: a call that goes on has one hop less before it. `undefined`: it may go no further. */
export function hopsLeft(request: SipRequest): number | undefined {
  const maxForwards = request.maxForwards ?? 70;
  return maxForwards === 0 ? undefined : maxForwards - 1;
}

function contentNames(message: SipMessage): readonly string[] {
  return message.body.length === 0 ? [] : content;
}

/** RFC 3325 §7: whoever asked for privacy is not named outside the trust domain, and a phone is outside. */
function isPrivate(request: SipRequest): boolean {
  if (!request.headers.has("Privacy")) return false;
  return request.headers.values("Privacy").some((value) => value.trim().toLowerCase() !== "none");
}

function pick(message: SipMessage, names: readonly string[]): HeaderFields {
  return names.flatMap((name) => message.headers.all(name).map((value) => [name, value] as const));
}
