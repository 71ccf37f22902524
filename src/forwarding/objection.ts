/**
 * Why a rule may not be used for a call: each check in the order in which it is told to the user.
 */
import { defaultDiversionLimit, type CallFacts, type LineState } from "./call-facts.ts";
import { isFor, type CompiledRule, type RuleTarget } from "./compile-rules.ts";
import type { Objection } from "./reasons.ts";
import { objectionOf } from "./schedule.ts";

/** A rule that nothing speaks against has a target. */
export type Verdict =
  | { readonly usable: true; readonly target: RuleTarget }
  | { readonly usable: false; readonly objection: Objection };

const switchedOff: Objection = { code: "switchedOff" };
const unreadableTime: Objection = { code: "unreadableTime" };
const targetIsLine: Objection = { code: "targetIsLine" };
const targetIsCaller: Objection = { code: "targetIsCaller" };
const divertedByThisLine: Objection = { code: "divertedByThisLine" };
const redirectedJustNow: Objection = { code: "redirectedJustNow" };
const sentTooOften: Objection = { code: "sentTooOften" };

/**
 * Whether the rule may be used. That the call comes from a group is asked last: an objection `groupCall` says that
 * the rule would have been used otherwise.
 */
export function judge(rule: CompiledRule, facts: CallFacts, line: LineState, now: number): Verdict {
  const { target } = rule;
  const objection =
    ofRule(rule, facts, now) ??
    ofTarget(target, facts, line) ??
    ofPast(facts, line) ??
    ofFailedRelay(rule, facts) ??
    ofLoop(target, facts) ??
    ofLimit(target, line);
  if (objection !== undefined) return { usable: false, objection };
  if (target === undefined) return unusableTarget(rule);
  if (facts.groupCall !== undefined && !rule.groupCalls) {
    return { usable: false, objection: { code: "groupCall", group: facts.groupCall } };
  }
  return { usable: true, target };
}

function ofRule(rule: CompiledRule, facts: CallFacts, now: number): Objection | undefined {
  if (!isFor(rule.name.callers, facts.caller.class))
    return { code: "otherCallers", caller: facts.caller.class };
  if (!rule.enabled) return switchedOff;
  if (rule.timeUnreadable) return unreadableTime;
  return rule.schedule === undefined ? undefined : objectionOf(rule.schedule, now);
}

/** The caller passes over a rule that leads to herself: so a secretary reaches the one who forwards to her. */
function ofTarget(target: RuleTarget | undefined, facts: CallFacts, line: LineState): Objection | undefined {
  if (target === undefined) return undefined;
  if (line.identities.includes(target.canonical)) return targetIsLine;
  if (target.canonical === facts.caller.identity) return targetIsCaller;
  return undefined;
}

function ofPast(facts: CallFacts, line: LineState): Objection | undefined {
  const limit = line.diversionLimit ?? defaultDiversionLimit;
  if (facts.diversions >= limit) return { code: "divertedTooOften", diversions: facts.diversions, limit };
  if (facts.divertedBy.some((identity) => line.identities.includes(identity))) return divertedByThisLine;
  return undefined;
}

/** Once is enough: a phone that forwards by itself would send the call round and round. */
function ofFailedRelay({ name }: CompiledRule, facts: CallFacts): Objection | undefined {
  const failed = facts.failedRelays?.find(
    ({ rule }) => rule.when === name.when && rule.callers === name.callers && rule.owner === name.owner,
  );
  return failed && { code: "targetFailed", failure: failed.failure };
}

function ofLoop(target: RuleTarget | undefined, facts: CallFacts): Objection | undefined {
  // A call that comes back from its target is no copy that came back through the PBX: it is we who sent it there.
  if (facts.loops.redirectedJustNow && facts.failedRelays === undefined) return redirectedJustNow;
  return target !== undefined && facts.loops.sentTooOften(target.canonical) ? sentTooOften : undefined;
}

/** Extensions cost nothing, and a hotline may forward to them as often as it likes. */
function ofLimit(target: RuleTarget | undefined, { toOutside }: LineState): Objection | undefined {
  if (toOutside === undefined || target === undefined || target.kind === "extension") return undefined;
  const { withinHour, perHour } = toOutside;
  return withinHour >= perHour ? { code: "forwardedTooOften", limit: perHour } : undefined;
}

function unusableTarget(rule: CompiledRule): Verdict {
  return {
    usable: false,
    objection: { code: "targetUnusable", problem: rule.targetProblem ?? "unreadable" },
  };
}
