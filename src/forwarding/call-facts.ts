/** What a decision is made from, besides the rules and the time: the call and the line. */
import type { Answers } from "./answers.ts";
import type { CompiledRule, DoNotDisturb } from "./compile-rules.ts";
import type { Exemption, GroupCall, RuleName, TargetFailure } from "./reasons.ts";
import type { CallerClass } from "./rules.ts";

/**
 * How far a call has come. It arrived; the phones refused it as busy; they cannot be reached; they have rung for
 * some seconds; the user declined it; one of them sends the call elsewhere; a target that it was relayed to failed.
 */
export type Stage = (typeof stages)[number];
export const stages = [
  "arrived",
  "refusedAsBusy",
  "unreachable",
  "noAnswer",
  "declined",
  "redirectedByPhone",
  "targetFailed",
] as const;

/** What becomes of a relayed call whose target fails: the target's answer goes to the caller, or the line's phones ring. */
export type RelayFailure = (typeof relayFailures)[number];
export const relayFailures = ["handBack", "ringPhones"] as const;

/** A rule by which this call was relayed in vain. */
export interface FailedRelay {
  readonly rule: RuleName;
  readonly target: string;
  readonly failure: TargetFailure;
}

export interface CallFacts {
  readonly stage: Stage;
  /** `identity` is canonical, and empty for a caller who is not known. */
  readonly caller: { readonly class: CallerClass; readonly identity: string };
  /** Seconds since the caller's side was first told that it rings; absent: it was not told. */
  readonly rangSeconds?: number;
  /** How often the call has been diverted before it came here. */
  readonly diversions: number;
  /** Canonical identities of those who diverted it. */
  readonly divertedBy: readonly string[];
  readonly loops: LoopMemory;
  /** At the stage `redirectedByPhone`: where that phone sends the call, as `compilePhoneForwarding` made it. */
  readonly byPhone?: CompiledRule;
  /** The latest last; absent: the call was relayed nowhere. */
  readonly failedRelays?: readonly FailedRelay[];
  /** Set when the call comes from a group or queue. */
  readonly groupCall?: GroupCall;
  /** Set when the call is of a kind that is never forwarded. */
  readonly exempt?: Exemption;
}

/** What is remembered of this line's latest redirections, whatever the headers say: PBXs drop them. */
export interface LoopMemory {
  /** This line redirected the same call (Call-ID and From tag) a moment ago. */
  readonly redirectedJustNow: boolean;
  /** This line has sent this caller to this target more often, lately, than people call. */
  sentTooOften(target: string): boolean;
}

/** For calls that are only imagined. */
export const nothingRemembered: LoopMemory = { redirectedJustNow: false, sentTooOften: () => false };

export interface LineState {
  /** Canonical forms of the line itself: extension, user name. */
  readonly identities: readonly string[];
  /** Calls in progress as the line's group counts them, without the call that is decided. */
  readonly callsInProgress: number;
  /** Phones registered. */
  readonly phones: number;
  readonly callWaiting: boolean;
  /** Whether the PBX delivers a call while the line is in one. A call that has come proves `yes`. */
  readonly secondCall: "yes" | "no" | "unknown";
  /** Absent: the line may be disturbed. */
  readonly doNotDisturb?: DoNotDisturb;
  readonly answers: Answers;
  /** The PBX follows a 302; without, calls are relayed. */
  readonly redirect: boolean;
  /** The PBX follows a 302 after an 18x as well. */
  readonly redirectAfterRinging: boolean;
  /** Absent: `handBack`. */
  readonly relayFailure?: RelayFailure;
  /** Calls that the PBX lets the line have at once; absent: it is not known to limit them. */
  readonly callsPerLine?: number;
  /** What all calls but the one that is decided take of them; a relayed call takes two. Absent: nothing. */
  readonly callsAtPbx?: number;
  /** What the line's forwardings have cost lately, against its limits; absent: they are not looked at. */
  readonly toOutside?: OutsideForwardings;
  /** Diversions after which a call is not diverted again; absent: five. */
  readonly diversionLimit?: number;
}

/** Calls that this line's forwardings have sent to outside of the PBX: where a stolen account makes its money. */
export interface OutsideForwardings {
  readonly withinHour: number;
  /** Beyond it rules to outside are passed over. */
  readonly perHour: number;
  /** Carried by Divert now. */
  readonly relayed: number;
  /** Likewise. */
  readonly relayedAtOnce: number;
}

/** RFC 5806 and 7044 set no limit; networks stop after five diversions (3GPP IR.92). */
export const defaultDiversionLimit = 5;
