/**
 * Why a call was decided as it was, as data: explain.ts puts it into words, the call log stores it.
 */
import type { AnswerCode } from "./answers.ts";
import type { CallerClass, Callers, When } from "./rules.ts";

/** Whose rule it is: the line's user's, or the line group's (the administrator's). */
export type Owner = "user" | "group";

/**
 * Names a rule within a line's rules. Do not disturb with a target of its own acts like a rule, and so does what a phone
 * of the line says itself (`phone`).
 */
export interface RuleName {
  readonly when: When | "doNotDisturb" | "phone";
  readonly callers: Callers;
  readonly owner: Owner;
}

/** Why a target cannot be used, as numbering found it. */
export type TargetProblem =
  "premium" | "emergency" | "abroad" | "satellite" | "ownCountry" | "denied" | "foreignHost" | "unreadable";

/** By what a call was seen to come from a group or queue. */
export interface GroupCall {
  readonly by: "mark" | "history" | "to";
  /** The group's number, where one was named. */
  readonly number?: string;
}

/** How the target of a relayed call failed: nobody takes that for the user's own refusal. */
export type TargetFailure = "busy" | "unreachable" | "noAnswer";

/** Calls that are never forwarded, whatever the rules say. */
export type Exemption = "psapCallback" | "replaces" | "inDialog";

/** Why a rule may not be used for a call. */
export type Objection =
  | { readonly code: "otherCallers"; readonly caller: CallerClass }
  | { readonly code: "switchedOff" }
  | { readonly code: "notYet"; readonly from: string }
  | { readonly code: "over"; readonly until: string }
  | { readonly code: "outsideHours" }
  | { readonly code: "unreadableTime" }
  | { readonly code: "targetUnusable"; readonly problem: TargetProblem }
  | { readonly code: "targetIsLine" }
  | { readonly code: "targetIsCaller" }
  | { readonly code: "divertedTooOften"; readonly diversions: number; readonly limit: number }
  | { readonly code: "divertedByThisLine" }
  | { readonly code: "redirectedJustNow" }
  | { readonly code: "sentTooOften" }
  | { readonly code: "targetFailed"; readonly failure: TargetFailure }
  | { readonly code: "forwardedTooOften"; readonly limit: number }
  | { readonly code: "tooManyRelayed"; readonly limit: number }
  | { readonly code: "noCallLeft"; readonly limit: number; readonly needed: number }
  | { readonly code: "groupCall"; readonly group: GroupCall };

/** Why a call is relayed although a redirect would be cheaper. */
export type RelayCause = "foreignHost" | "redirectNotFollowed" | "afterRinging";

/** Why a call is refused. */
export type RejectKind = "busy" | "noPhone" | "declined" | "dnd" | "groupCall";

/** One step on the way to a decision, in the order in which it was taken. */
export type Reason =
  | { readonly code: "neverForwarded"; readonly call: Exemption }
  | { readonly code: "conditionNotMet"; readonly when: "busy" | "unreachable" }
  | { readonly code: "secondCallUnsure"; readonly secondCall: "no" | "unknown" }
  | { readonly code: "passedOver"; readonly rule: RuleName; readonly objection: Objection }
  | { readonly code: "applies"; readonly rule: RuleName; readonly target: string }
  | { readonly code: "relayed"; readonly why: RelayCause }
  | { readonly code: "ringsIfTargetFails"; readonly afterSeconds: number }
  | { readonly code: "targetFailed"; readonly target: string; readonly failure: TargetFailure }
  | { readonly code: "handedBack"; readonly answer: AnswerCode }
  | { readonly code: "noRuleApplies" }
  | { readonly code: "rings"; readonly phones: number }
  | { readonly code: "keepsRinging" }
  | {
      readonly code: "ifNotAnswered";
      readonly rule: RuleName;
      readonly afterSeconds: number;
      readonly target: string;
    }
  | { readonly code: "rejected"; readonly kind: RejectKind; readonly answer: AnswerCode };
