/**
 * The act of forwarding: the `302 Moved Temporarily` that hands a call back to the PBX with its new target
 * (RFC 3261 §8.3, §21.3.3; RFC 5359 §2.7).
 */
import type { DiversionReason } from "../forwarding/diversions.ts";
import { historyCauses } from "../forwarding/diversions.ts";
import type { HistoryEntry, SipRequest, SipResponse } from "../sip/user-agent.ts";
import { createResponse, readHistoryInfo, serializeHistoryEntry } from "../sip/user-agent.ts";

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

/** One Contact, in the order of its headers the same for every call; nothing that the PBX did not ask for. */
export function createRedirect(request: SipRequest, options: RedirectOptions): SipResponse {
  const headers: (readonly [string, string])[] = [["Contact", `<${options.contactUri}>`]];
  if (options.diversion) {
    // RFC 5806 §4: the latest diversion on top, those before as they came, with the privacy they asked for.
    headers.push(["Diversion", `<${options.lineUri}>;reason=${options.reason};counter=1`]);
    for (const earlier of request.headers.all("Diversion")) headers.push(["Diversion", earlier]);
  }
  if (options.historyInfo && speaksHistoryInfo(request)) {
    for (const entry of historyWith(request, options)) headers.push(["History-Info", entry]);
  }
  return createResponse(request, 302, undefined, { toTag: options.toTag, headers });
}

/** RFC 7044 §6.1: the option tag `histinfo` asks for the history in responses; whoever sends one understands it. */
function speaksHistoryInfo(request: SipRequest): boolean {
  return request.headers.has("History-Info") || request.headers.values("Supported").includes("histinfo");
}

/** RFC 7044 §9.1.3, §10.3: what the call went through, then the line, then the target as the line's child with its cause. */
function historyWith(request: SipRequest, options: RedirectOptions): string[] {
  const earlier = request.headers.values("History-Info");
  const last = readHistoryInfo(request).at(-1);
  const line = last ?? { uri: options.lineUri, index: "1" };
  const entries = last === undefined ? [...earlier, serializeHistoryEntry(line)] : earlier;
  return [...entries, serializeHistoryEntry(diverted(line, options))];
}

function diverted(line: HistoryEntry, options: RedirectOptions): HistoryEntry {
  // RFC 4458 §2.2, RFC 7544 §4: the cause stands in the URI of the target that it led to.
  return {
    uri: `${options.contactUri};cause=${historyCauses[options.reason]}`,
    index: line.index === "" ? "1" : `${line.index}.1`,
  };
}
