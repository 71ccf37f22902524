/**
 * What a call's headers say of its diversions so far, and what we say of ours.
 */
import type { RuleName } from "./reasons.ts";

/** Reasons of the Diversion header that a decision can have (RFC 5806 §4.2.1). */
export type DiversionReason =
  "unconditional" | "user-busy" | "no-answer" | "unavailable" | "do-not-disturb" | "deflection";

/** What a rule's *when* is called in the Diversion header. */
export const diversionReasons: Readonly<Record<RuleName["when"], DiversionReason>> = {
  always: "unconditional",
  busy: "user-busy",
  noAnswer: "no-answer",
  unreachable: "unavailable",
  doNotDisturb: "do-not-disturb",
  phone: "deflection",
};

/** RFC 4458 §2.2: the cause that History-Info gives; it has none for do not disturb, 404 stands for reasons it does not know. */
export const historyCauses: Readonly<Record<DiversionReason, number>> = {
  unconditional: 302,
  "user-busy": 486,
  "no-answer": 408,
  unavailable: 503,
  "do-not-disturb": 404,
  deflection: 480,
};

/** One entry of a Diversion header. */
export interface DiversionEntry {
  readonly uri: string;
  readonly counter?: number;
}

/** One entry of a History-Info header. */
export interface HistoryEntry {
  readonly uri: string;
  /** `1.2.1`. */
  readonly index: string;
  readonly cause?: number;
}

/** A call's past. */
export interface DiversionsSoFar {
  readonly count: number;
  /** URIs of those who diverted it. */
  readonly diverting: readonly string[];
}

const none: DiversionsSoFar = { count: 0, diverting: [] };

/** How often a call has been diverted, and by whom; where the two headers differ the greater count holds. */
export function readDiversions(
  diversions: readonly DiversionEntry[],
  history: readonly HistoryEntry[],
): DiversionsSoFar {
  if (diversions.length === 0 && history.length === 0) return none;
  // RFC 5806 §4: an entry without a counter stands for one diversion.
  const counted = diversions.reduce((sum, { counter }) => sum + (counter ?? 1), 0);
  // RFC 7044 §5: a cause tells an entry that a diversion led to from one that was merely routed to.
  const led = history.filter(({ cause }) => cause !== undefined);
  const diverting = [
    ...diversions.map(({ uri }) => uri),
    ...led.map((entry) => parentOf(entry, history)?.uri).filter((uri) => uri !== undefined),
  ];
  return { count: Math.max(counted, led.length), diverting };
}

/** RFC 7044 §10.3: an index grows by a level at each retargeting. Where a peer numbers flatly, the entry before. */
function parentOf(entry: HistoryEntry, history: readonly HistoryEntry[]): HistoryEntry | undefined {
  const parentIndex = entry.index.slice(0, Math.max(0, entry.index.lastIndexOf(".")));
  return history.find(({ index }) => index === parentIndex) ?? history[history.indexOf(entry) - 1];
}
