/** A call, a line and rules for tests: plain ones, of which a test names only what it is about. */
import { fail, succeed } from "../../src/base/result.ts";
import { defaultAnswers } from "../../src/forwarding/answers.ts";
import { nothingRemembered, type CallFacts, type LineState } from "../../src/forwarding/call-facts.ts";
import { compileRules, type CompiledRules, type ResolveTarget } from "../../src/forwarding/compile-rules.ts";
import type { Forwarding } from "../../src/forwarding/rules.ts";

/** Monday, 23 November 2026, 12:00 in Berlin. */
export const mondayNoon = Date.parse("2026-11-23T12:00:00+01:00");

export function aCall(facts: Partial<CallFacts> = {}): CallFacts {
  return {
    stage: "arrived",
    caller: { class: "external", identity: "+4989123456" },
    diversions: 0,
    divertedBy: [],
    loops: nothingRemembered,
    ...facts,
  };
}

/** Line 101: idle, one phone, call waiting, at a PBX that follows redirections. */
export function aLine(state: Partial<LineState> = {}): LineState {
  return {
    identities: ["101"],
    callsInProgress: 0,
    phones: 1,
    callWaiting: true,
    secondCall: "yes",
    answers: defaultAnswers,
    redirect: true,
    redirectAfterRinging: true,
    ...state,
  };
}

export function aRule(rule: Partial<Forwarding> = {}): Forwarding {
  return { when: "always", callers: "all", target: "102", enabled: true, ...rule };
}

/** Takes targets as they are; what begins with "barred" is barred. */
export const plainTargets: ResolveTarget = (target) => {
  if (target.startsWith("barred")) return fail({ problem: "premium" });
  if (target.startsWith("sip:"))
    return succeed({ kind: "uri", canonical: target, contactUser: "bob", foreignUri: target });
  return succeed({ kind: "extension", canonical: target, contactUser: target });
};

export function userRules(...rules: Partial<Forwarding>[]): CompiledRules {
  return compileRules(rules.map(aRule), [], plainTargets);
}

export function userAndGroupRules(user: Partial<Forwarding>[], group: Partial<Forwarding>[]): CompiledRules {
  return compileRules(user.map(aRule), group.map(aRule), plainTargets);
}
