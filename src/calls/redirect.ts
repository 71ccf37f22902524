/**
 * The act of forwarding: the `302 Moved Temporarily` that hands a call back to the PBX with its new target
 * (RFC 3261 §8.3, §21.3.3; RFC 5359 §2.7).
 */
import type { DiversionReason } from "../forwarding/diversions.ts";
import { historyCauses } from "../forwarding/diversions.ts";
import type { HeaderFields, HistoryEntry, SipRequest, SipResponse } from "../sip/user-agent.ts";
import { createResponse, parseSipUri, readHistoryInfo, serializeHistoryEntry } from "../sip/user-agent.ts";

export interface RedirectOptions {
  readonly toTag: string;
  /** The whole URI that the PBX is sent to. */
  readonly contactUri: string;
  /** The line's own URI at the PBX: who diverts. */
  readonly lineUri: string;
  readonly reason: DiversionReason;
  /** Whether the PBX wants to be told by Diversion. */
  readonly diversion: boolean;
  /** Whether the PBX wants to be told by History-Info, if the caller's side supports it. */
  readonly historyInfo: boolean;
}

/** What a forwarding says of itself, in a 302 and in a relayed call alike. */
export type ForwardingNote = Omit<RedirectOptions, "toTag">;

/** One Contact, in the order of its headers the same for every call; nothing that the PBX did not ask for. */
export function createRedirect(request: SipRequest, options: RedirectOptions): SipResponse {
  const headers: HeaderFields = [["Contact", `<${options.contactUri}>`], ...historyHeaders(request, options)];
  return createResponse(request, 302, undefined, { toTag: options.toTag, headers });
}

/** Who has diverted the call so far, this line last, in the ways that the PBX wants to be told. */
export function historyHeaders(request: SipRequest, options: ForwardingNote): HeaderFields {
  const headers: (readonly [string, string])[] = [];
  if (options.diversion) {
    // RFC 5806 §4: the latest diversion on top, those before as they came, with the privacy they asked for.
    headers.push(["Diversion", `<${options.lineUri}>;reason=${options.reason};counter=1`]);
    for (const earlier of request.headers.all("Diversion")) headers.push(["Diversion", earlier]);
  }
  if (options.historyInfo && speaksHistoryInfo(request)) {
    for (const entry of historyWith(request, options)) headers.push(["History-Info", entry]);
  }
  return headers;
}

/** RFC 7044 §6.1: the option tag `histinfo` asks for the history in responses; whoever sends one understands it. */
function speaksHistoryInfo(request: SipRequest): boolean {
  if (request.headers.has("History-Info")) return true;
  return request.headers.values("Supported").some((tag) => tag.toLowerCase() === "histinfo");
}

/**
 * RFC 7044 §9.1, §10.3: what the call went through, then the line unless the last entry is the line already, then the
 * target as the line's child with its cause. Without its own entry another would seem to have diverted. What came stays
 * in the fields that it came in: a field for each entry could make more of it than a datagram holds.
 */
function historyWith(request: SipRequest, options: ForwardingNote): string[] {
  const earlier = request.headers.all("History-Info");
  const last = readHistoryInfo(request).at(-1);
  if (last !== undefined && namesLine(last, request, options)) return [...earlier, diverted(last, options)];
  const line = { uri: options.lineUri, index: last === undefined ? "1" : childOf(last) };
  return [...earlier, serializeHistoryEntry(line), diverted(line, options)];
}

/** By its address at the PBX, or by its Contact, which the PBX sent the call to. */
function namesLine({ uri }: HistoryEntry, request: SipRequest, { lineUri }: ForwardingNote): boolean {
  const user = parseSipUri(uri)?.user;
  return user !== undefined && (user === parseSipUri(lineUri)?.user || user === request.uri?.user);
}

function diverted(line: HistoryEntry, options: ForwardingNote): string {
  // RFC 4458 §2.2, RFC 7544 §4: the cause stands in the URI of the target that it led to.
  const uri = `${options.contactUri};cause=${historyCauses[options.reason]}`;
  return serializeHistoryEntry({ uri, index: childOf(line) });
}

function childOf({ index }: HistoryEntry): string {
  return index === "" ? "1" : `${index}.1`;
}
