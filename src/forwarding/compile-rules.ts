/**
 * A line's rules made ready for deciding: targets resolved, times read, and all of it put in the order in which
 * rules are tried. Done when rules change, so that a call finds everything in place.
 */
import type { Result } from "../base/result.ts";
import type { Owner, RuleName, TargetProblem } from "./reasons.ts";
import { defaultNoAnswerSeconds, whens, type Callers, type Forwarding, type When } from "./rules.ts";
import { compileSchedule, type Schedule } from "./schedule.ts";

/** Where a rule sends calls, as numbering resolved it. */
export interface RuleTarget {
  readonly kind: "extension" | "number" | "short" | "code" | "uri";
  /** What targets, callers and lines are compared by, and what people see: `102`, `+4989123456`, `sip:bob@elsewhere.example`. */
  readonly canonical: string;
  /** User part of a URI at the PBX that reaches the target, ready for the wire. */
  readonly contactUser: string;
  /** The whole URI, when it is at a host that is not the PBX's: then the call is relayed, never redirected. */
  readonly foreignUri?: string;
}

export interface CompiledRule {
  readonly name: RuleName;
  readonly enabled: boolean;
  /** Absent: holds at any time. */
  readonly schedule: Schedule | undefined;
  /** Its times cannot be read: then it never acts. */
  readonly timeUnreadable: boolean;
  readonly target: RuleTarget | undefined;
  /** Why there is no target; undefined with one. */
  readonly targetProblem: TargetProblem | undefined;
  readonly afterSeconds: number;
  readonly groupCalls: boolean;
}

/** For each *when*, its rules in the order in which they are tried. */
export type CompiledRules = Readonly<Record<When, readonly CompiledRule[]>>;

/** Do not disturb, as set on a line: with a target of its own or without. */
export interface DoNotDisturb {
  readonly rule: CompiledRule | undefined;
}

/**
 * The order within one *when*: the user's before the group's, but the group's mandatory ones first of all; within an
 * owner the specific rule (`internal` or `external`) before the general one (`all`).
 */
const precedence: readonly { owner: Owner; mandatory: boolean; specific: boolean }[] = [
  { owner: "group", mandatory: true, specific: true },
  { owner: "group", mandatory: true, specific: false },
  { owner: "user", mandatory: false, specific: true },
  { owner: "user", mandatory: false, specific: false },
  { owner: "group", mandatory: false, specific: true },
  { owner: "group", mandatory: false, specific: false },
];

function rankOf(owner: Owner, rule: Forwarding): number {
  const mandatory = owner === "group" && rule.mandatory === true;
  const specific = rule.callers !== "all";
  return precedence.findIndex(
    (rank) => rank.owner === owner && rank.mandatory === mandatory && rank.specific === specific,
  );
}

/** Turns a target as typed into one that calls can be sent to, or says what is wrong with it. */
export type ResolveTarget = (target: string) => Result<RuleTarget, { readonly problem: TargetProblem }>;

/**
 * A rule with an unusable target or unreadable times stays among the others and never acts: its user sees in each
 * explanation why it is passed over, instead of missing it.
 */
export function compileRules(
  lineRules: readonly Forwarding[],
  groupRules: readonly Forwarding[],
  resolve: ResolveTarget,
  resolveForGroup = resolve,
): CompiledRules {
  const ranked = [
    ...lineRules.map((rule) => ({
      rank: rankOf("user", rule),
      compiled: compileRule("user", rule, resolve),
    })),
    ...groupRules.map((rule) => ({
      rank: rankOf("group", rule),
      compiled: compileRule("group", rule, resolveForGroup),
    })),
  ].toSorted((one, other) => one.rank - other.rank);
  const byWhen = (when: When): CompiledRule[] =>
    ranked.map(({ compiled }) => compiled).filter(({ name }) => name.when === when);
  return {
    always: byWhen("always"),
    busy: byWhen("busy"),
    noAnswer: byWhen("noAnswer"),
    unreachable: byWhen("unreachable"),
  };
}

/** A line without any rule. */
export const noRules: CompiledRules = { always: [], busy: [], noAnswer: [], unreachable: [] };

/** Do not disturb; with a target it forwards all callers there, else they get the group's answer code. */
export function compileDoNotDisturb(target: string | undefined, resolve: ResolveTarget): DoNotDisturb {
  if (target === undefined) return { rule: undefined };
  const name: RuleName = { when: "doNotDisturb", callers: "all", owner: "user" };
  return { rule: compile(name, { target, enabled: true }, resolve) };
}

/** What a phone answered with a 302: its user's forwarding of this call. */
export function compilePhoneForwarding(target: string, resolve: ResolveTarget): CompiledRule {
  const name: RuleName = { when: "phone", callers: "all", owner: "user" };
  return compile(name, { target, enabled: true }, resolve);
}

function compileRule(owner: Owner, rule: Forwarding, resolve: ResolveTarget): CompiledRule {
  return compile({ when: rule.when, callers: rule.callers, owner }, rule, resolve);
}

type RuleBody = Omit<Forwarding, "when" | "callers" | "mandatory">;

function compile(name: RuleName, body: RuleBody, resolve: ResolveTarget): CompiledRule {
  const schedule = compileSchedule(body);
  const target = resolve(body.target);
  return {
    name,
    enabled: body.enabled,
    schedule: schedule.ok ? schedule.value : undefined,
    timeUnreadable: !schedule.ok,
    target: target.ok ? target.value : undefined,
    targetProblem: target.ok ? undefined : target.failure.problem,
    afterSeconds: body.seconds ?? defaultNoAnswerSeconds,
    groupCalls: body.groupCalls === true,
  };
}

/** Whether a rule for these callers is for a caller of this class. */
export function isFor(callers: Callers, caller: Exclude<Callers, "all">): boolean {
  return callers === "all" || callers === caller;
}

/** All rules of a line, for listings. */
export function allRules(rules: CompiledRules): CompiledRule[] {
  return whens.flatMap((when) => [...rules[when]]);
}
