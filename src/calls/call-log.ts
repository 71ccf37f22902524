import type { RuleName } from "../forwarding/reasons.ts";
import type { CallerClass } from "../forwarding/rules.ts";

/** What is kept of one call after it has ended or left our hands. */
export interface CallRecord {
  /** Unique in the installation. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Id of the line that was called, or that a phone called by. The line may be gone by the time that the log is read. */
  readonly line: string;
  /** In canonical form; `anonymous` where the caller wants it so. */
  readonly caller: string;
  readonly callerClass: CallerClass;
  /** Whom the caller had dialled, where the PBX tells. */
  readonly called?: string;
  /** What the line was doing when the call came. */
  readonly lineState: "idle" | "busy";
  readonly action: CallAction;
  readonly target?: string;
  /** The rule that decided; absent: none fitted. */
  readonly rule?: RuleName;
  /** Final SIP status that the caller's side got. */
  readonly status: number;
  /** Why, one sentence each, in the order of the decision. */
  readonly reasons: readonly string[];
  /** How it ended, in a word of `call-end.ts`. */
  readonly endedAs: string;
  readonly durationMs?: number;
}

/** What was done with a call to a line; `dial`: one of its phones placed it. */
export type CallAction = "redirect" | "relay" | "ring" | "reject" | "dial";

/** All that are given must fit. */
export interface CallQuery {
  /** Of one of these lines; absent: of any. An empty list finds nothing. */
  readonly lines?: readonly string[];
  readonly caller?: string;
  readonly callerClass?: CallerClass;
  readonly action?: CallAction;
  /** Started at this time or later, in milliseconds since 1970. */
  readonly from?: number;
  /** Started before this time. */
  readonly until?: number;
  /** `next` of the page before. */
  readonly after?: string;
  /** 1 to 1000; absent: 100. */
  readonly limit?: number;
}

export interface CallPage {
  /** The latest first. */
  readonly calls: readonly CallRecord[];
  /** Hand it in as `after` for the next page; absent: this was the last. */
  readonly next?: string;
}

/** The log of calls. Writing it never holds up a call: what cannot be kept is dropped and counted. */
export interface CallLog {
  /** Keeps the record soon; returns at once and never throws. */
  record(call: CallRecord): void;
  /** What was recorded before is found. Rejects with the refusal `invalid-input` for an `after` that no page gave. */
  find(query: CallQuery): Promise<CallPage>;
  /** Records lost since the start because the disk could not take them in time. */
  readonly dropped: number;
  /** Resolves when all that was recorded is written, or dropped. */
  flush(): Promise<void>;
}
