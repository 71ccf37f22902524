import type { SipRequest, SipResponse } from "../sip/user-agent.ts";
import { readDiversions } from "../sip/user-agent.ts";

/** Diversion and History-Info of a call under way, most recent diversion first. */
export interface DiversionHistory {
  readonly diversions: readonly string[];
  readonly entries: readonly string[];
  /** How often it has been diverted. RFC 5806 §4: a diversion stands for its counter. */
  readonly count: number;
}

export function historyOf(message: SipRequest | SipResponse): DiversionHistory {
  const count = readDiversions(message).reduce((sum, { counter = 1 }) => sum + counter, 0);
  return {
    diversions: message.headers.values("Diversion"),
    entries: message.headers.values("History-Info"),
    count,
  };
}

/** What is carried on after a 302: its own word, which holds what was before; where it says nothing, a diversion by the line. */
export function historyAfter(
  before: DiversionHistory,
  redirect: SipResponse,
  lineUri: string,
): DiversionHistory {
  const told = historyOf(redirect);
  return {
    diversions: told.count > before.count ? told.diversions : diverted(before, lineUri),
    entries: told.entries.length > 0 ? told.entries : before.entries,
    count: Math.max(told.count, before.count + 1),
  };
}

/** What is carried on after the PBX's own forwarding. */
export function historyAfterOwn(before: DiversionHistory, lineUri: string): DiversionHistory {
  return { ...before, diversions: diverted(before, lineUri), count: before.count + 1 };
}

export function historyHeaders({ diversions, entries }: DiversionHistory) {
  return [
    ...diversions.map((value) => ["Diversion", value] as const),
    ...entries.map((value) => ["History-Info", value] as const),
  ];
}

function diverted({ diversions }: DiversionHistory, lineUri: string): string[] {
  return [`<${lineUri}>;reason=unconditional;counter=1`, ...diversions];
}
