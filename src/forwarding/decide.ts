/**
 * What becomes of one call: the heart of the product. A pure function, asked for every call, by the API's `explain`
 * and by the UI's "what happens if"; nothing else decides.
 *
 * The order is *when*, then owner, then class. Here stand the *whens*; compile-rules.ts has put the rules of each
 * *when* in order, objection.ts says which of them may not be used for the call.
 */
import type { AnswerCode } from "./answers.ts";
import type { CallFacts, LineState, Stage } from "./call-facts.ts";
import type { CompiledRule, CompiledRules, RuleTarget } from "./compile-rules.ts";
import { diversionReasons, type DiversionReason } from "./diversions.ts";
import { judge } from "./objection.ts";
import type { Reason, RejectKind, RelayCause, RuleName } from "./reasons.ts";
import { judgeRelay, ringsAfterSeconds } from "./relay-terms.ts";

/** What becomes of a call, and why. */
export type Decision = Redirect | Relay | Ring | Reject;

interface Forwarded {
  readonly rule: RuleName;
  readonly target: RuleTarget;
  readonly diversionReason: DiversionReason;
  readonly reasons: readonly Reason[];
}

/** The PBX is answered 302 and carries the call to its target. */
export interface Redirect extends Forwarded {
  readonly action: "redirect";
}

/** Divert calls the target itself and joins the two. */
export interface Relay extends Forwarded {
  readonly action: "relay";
  readonly why: RelayCause;
  /**
   * When to give up on a target that does not answer. If it fails, ask again at stage `targetFailed`. Absent: whatever
   * the target says is handed back.
   */
  readonly ringsPhones?: { readonly afterSeconds: number };
}

/** The line's phones ring, or ring on. */
export interface Ring {
  readonly action: "ring";
  /** When to ask again, at stage `noAnswer`: seconds counted from the first ringing. Absent: they ring until the caller gives up. */
  readonly noAnswer?: { readonly afterSeconds: number; readonly rule: RuleName };
  readonly reasons: readonly Reason[];
}

/** The caller gets the code; 180 instead of a refusal: it rings in the caller's ear until the caller gives up. */
export interface Reject {
  readonly action: "reject";
  /** `targetFailed`: it is the target's answer that is handed back. */
  readonly kind: RejectKind | "targetFailed";
  readonly code: AnswerCode;
  readonly reasons: readonly Reason[];
}

type Step = RuleName["when"];

/** What is tried at each stage of a call, in this order. */
const steps: Readonly<Record<Stage, readonly Step[]>> = {
  arrived: ["always", "doNotDisturb", "busy", "unreachable"],
  refusedAsBusy: ["busy"],
  unreachable: ["unreachable"],
  noAnswer: ["noAnswer"],
  declined: [],
  redirectedByPhone: ["phone"],
  targetFailed: [],
};

/** Decides on a call to a line. `now` is in milliseconds since 1970. Any input gives a decision. */
export function decide(facts: CallFacts, line: LineState, rules: CompiledRules, now: number): Decision {
  const reasons: Reason[] = [];
  if (facts.exempt !== undefined) {
    reasons.push({ code: "neverForwarded", call: facts.exempt });
    return decideByStage(facts, line, reasons);
  }

  let isKeptForGroup = false;
  for (const step of steps[facts.stage]) {
    if (facts.stage === "arrived" && !isMet(step, line, rules, reasons)) continue;
    for (const rule of rulesOf(step, facts, line, rules)) {
      const judged = judge(rule, facts, line, now);
      if (judged.usable && step === "noAnswer" && !hasRungLongEnough(rule, facts)) {
        return ringOn(rule, judged.target, reasons);
      }
      const verdict = judgeRelay(judged, facts, line);
      if (verdict.usable) return forward(rule, verdict.target, verdict.relayed, line, reasons);
      reasons.push({ code: "passedOver", rule: rule.name, objection: verdict.objection });
      if (verdict.objection.code === "groupCall") isKeptForGroup = true;
    }
    if (step === "doNotDisturb") return reject("dnd", facts, line, reasons);
  }

  // One member's redirection would take the call from the whole group: the member steps aside instead. While the
  // phones ring it need not: the group gives up on them by itself.
  if (isKeptForGroup && facts.stage !== "noAnswer") return reject("groupCall", facts, line, reasons);
  return decideUnforwarded(facts, line, rules, now, reasons);
}

/** Whether the line is in the state that the step is for. Rules left aside for that are told. */
function isMet(step: Step, line: LineState, rules: CompiledRules, reasons: Reason[]): boolean {
  switch (step) {
    case "always":
    case "noAnswer":
    case "phone":
      return true;
    case "doNotDisturb":
      return line.doNotDisturb !== undefined;
    case "busy":
      if (line.callsInProgress > 0 && line.secondCall !== "yes") {
        reasons.push({ code: "secondCallUnsure", secondCall: line.secondCall });
      }
      return isMetOrTold(step, line.callsInProgress > 0, rules, reasons);
    case "unreachable":
      return isMetOrTold(step, line.phones === 0, rules, reasons);
  }
}

function isMetOrTold(
  when: "busy" | "unreachable",
  met: boolean,
  rules: CompiledRules,
  reasons: Reason[],
): boolean {
  if (!met && rules[when].length > 0) reasons.push({ code: "conditionNotMet", when });
  return met;
}

const noneAtAll: readonly CompiledRule[] = [];

function rulesOf(
  step: Step,
  facts: CallFacts,
  line: LineState,
  rules: CompiledRules,
): readonly CompiledRule[] {
  if (step !== "doNotDisturb" && step !== "phone") return rules[step];
  const rule = step === "phone" ? facts.byPhone : line.doNotDisturb?.rule;
  return rule === undefined ? noneAtAll : [rule];
}

function hasRungLongEnough(rule: CompiledRule, facts: CallFacts): boolean {
  return facts.rangSeconds === undefined || facts.rangSeconds >= rule.afterSeconds;
}

/** `relayed`: why it is; undefined: it is redirected. */
function forward(
  compiled: CompiledRule,
  target: RuleTarget,
  relayed: RelayCause | undefined,
  line: LineState,
  reasons: Reason[],
): Redirect | Relay {
  const rule = compiled.name;
  const diversionReason = diversionReasons[rule.when];
  reasons.push({ code: "applies", rule, target: target.canonical });
  if (relayed === undefined) return { action: "redirect", rule, target, diversionReason, reasons };
  reasons.push({ code: "relayed", why: relayed });
  const relay: Relay = { action: "relay", why: relayed, rule, target, diversionReason, reasons };
  const afterSeconds = ringsAfterSeconds(compiled, line);
  if (afterSeconds === undefined) return relay;
  reasons.push({ code: "ringsIfTargetFails", afterSeconds });
  return { ...relay, ringsPhones: { afterSeconds } };
}

/** All rules were tried and none forwards the call. */
function decideUnforwarded(
  facts: CallFacts,
  line: LineState,
  rules: CompiledRules,
  now: number,
  reasons: Reason[],
): Ring | Reject {
  if (facts.stage === "targetFailed") return takeBack(facts, line, rules, now, reasons);
  reasons.push({ code: "noRuleApplies" });
  if (facts.stage !== "arrived") return decideByStage(facts, line, reasons);
  return ringWherePossible(facts, line, rules, now, reasons);
}

/** The target of a relayed call failed: no rule is looked for, the phones ring if they may. */
function takeBack(
  facts: CallFacts,
  line: LineState,
  rules: CompiledRules,
  now: number,
  reasons: Reason[],
): Ring | Reject {
  const failed = facts.failedRelays?.at(-1);
  if (failed !== undefined) {
    reasons.push({ code: "targetFailed", target: failed.target, failure: failed.failure });
  }
  if (line.relayFailure !== "ringPhones") {
    const code = failed?.failure === "busy" ? 486 : 480;
    reasons.push({ code: "handedBack", answer: code });
    return { action: "reject", kind: "targetFailed", code, reasons };
  }
  if (line.doNotDisturb !== undefined) return reject("dnd", facts, line, reasons);
  return ringWherePossible(facts, line, rules, now, reasons);
}

function ringWherePossible(
  facts: CallFacts,
  line: LineState,
  rules: CompiledRules,
  now: number,
  reasons: Reason[],
): Ring | Reject {
  if (line.callsInProgress > 0 && !line.callWaiting) return reject("busy", facts, line, reasons);
  if (line.phones === 0) return reject("noPhone", facts, line, reasons);

  reasons.push({ code: "rings", phones: line.phones });
  for (const rule of rules.noAnswer) {
    const verdict = judge(rule, facts, line, now);
    if (verdict.usable) return ringUntil(rule, verdict.target, reasons);
    reasons.push({ code: "passedOver", rule: rule.name, objection: verdict.objection });
  }
  return { action: "ring", reasons };
}

/** The call's stage alone decides. A call that is never forwarded rings through do not disturb and a busy line too. */
function decideByStage(facts: CallFacts, line: LineState, reasons: Reason[]): Ring | Reject {
  switch (facts.stage) {
    case "arrived":
    case "targetFailed":
      if (line.phones === 0) return reject("noPhone", facts, line, reasons);
      reasons.push({ code: "rings", phones: line.phones });
      return { action: "ring", reasons };
    case "refusedAsBusy":
      return reject("busy", facts, line, reasons);
    case "unreachable":
      return reject("noPhone", facts, line, reasons);
    case "noAnswer":
      reasons.push({ code: "keepsRinging" });
      return { action: "ring", reasons };
    case "declined":
    // A phone that may not send the call where it wants has refused it all the same.
    case "redirectedByPhone":
      return reject("declined", facts, line, reasons);
  }
}

function ringOn(rule: CompiledRule, target: RuleTarget, reasons: Reason[]): Ring {
  reasons.push({ code: "keepsRinging" });
  return ringUntil(rule, target, reasons);
}

function ringUntil({ name, afterSeconds }: CompiledRule, target: RuleTarget, reasons: Reason[]): Ring {
  reasons.push({ code: "ifNotAnswered", rule: name, afterSeconds, target: target.canonical });
  return { action: "ring", noAnswer: { afterSeconds, rule: name }, reasons };
}

function reject(kind: RejectKind, facts: CallFacts, line: LineState, reasons: Reason[]): Reject {
  const code = answerCode(kind, facts, line);
  reasons.push({ code: "rejected", kind, answer: code });
  return { action: "reject", kind, code, reasons };
}

function answerCode(kind: RejectKind, facts: CallFacts, line: LineState): AnswerCode {
  if (facts.groupCall === undefined && kind !== "groupCall") return line.answers[kind];
  // RFC 3261 §21.6: a 6xx speaks for everyone and would end the call for the whole group; only this member is busy or away.
  const configured = kind === "groupCall" ? undefined : line.answers[kind];
  if (configured === 486 || configured === 480) return configured;
  const isBusy = kind === "busy" || kind === "declined" || (kind === "groupCall" && isLineBusy(facts, line));
  return isBusy ? 486 : 480;
}

function isLineBusy(facts: CallFacts, line: LineState): boolean {
  return facts.stage === "refusedAsBusy" || line.callsInProgress > 0;
}
