/**
 * Reasons in words, for people who never heard of SIP. A language is one table: whoever adds one cannot forget a reason.
 */
import type { AnswerCode } from "./answers.ts";
import type { Decision } from "./decide.ts";
import type {
  Exemption,
  Objection,
  Reason,
  RejectKind,
  RelayCause,
  RuleName,
  TargetFailure,
  TargetProblem,
} from "./reasons.ts";
import type { Callers } from "./rules.ts";

/** How each kind of a union with `code` is said in a language. */
type Sayings<Union extends { readonly code: string }> = {
  readonly [Code in Union["code"]]: (what: Extract<Union, { readonly code: Code }>) => string;
};

/** All that a language must be able to say. */
export interface Wording {
  /** Whole sentences. */
  readonly reasons: Sayings<Reason>;
  /** What follows "is passed over: ". */
  readonly objections: Sayings<Objection>;
}

/** The way to a decision, a sentence a step, in the order in which it was taken. */
export function explain(decision: Decision, wording: Wording = english): string[] {
  return decision.reasons.map((reason) => say(wording.reasons, reason));
}

function say<Union extends { readonly code: string }>(sayings: Sayings<Union>, what: Union): string {
  // The table has for each code the function that takes what has this code: TypeScript cannot see the two go together.
  const saying = sayings[what.code as Union["code"]] as (what: Union) => string;
  return saying(what);
}

const exemptions: Readonly<Record<Exemption, string>> = {
  psapCallback: "An emergency service is calling back",
  replaces: "The call takes the place of another one, by pickup or transfer",
  inDialog: "The request belongs to a call that is already up",
};

const whens: Readonly<Record<RuleName["when"], string>> = {
  always: "always",
  busy: "when busy",
  noAnswer: "when not answered",
  unreachable: "when no phone is registered",
  doNotDisturb: "do not disturb",
  phone: "as the phone says",
};

const callersNamed: Readonly<Record<Callers, string>> = {
  all: "all callers",
  internal: "internal callers",
  external: "external callers",
};

const problems: Readonly<Record<TargetProblem, string>> = {
  premium: "its target is a premium number",
  emergency: "its target is an emergency number",
  abroad: "its target is abroad",
  satellite: "its target is a satellite number",
  ownCountry: "its target is outside of the site",
  denied: "its target is not permitted",
  foreignHost: "its target is at another host",
  unreadable: "its target cannot be read",
};

const relayCauses: Readonly<Record<RelayCause, string>> = {
  foreignHost: "the target is at another host",
  redirectNotFollowed: "the PBX does not follow redirections",
  afterRinging: "the PBX follows no redirection once it rings",
};

const failures: Readonly<Record<TargetFailure, string>> = {
  busy: "is busy",
  unreachable: "cannot be reached",
  noAnswer: "did not answer in time",
};

const refusals: Readonly<Record<RejectKind, string>> = {
  busy: "The line is busy",
  noPhone: "No phone of the line can be reached",
  declined: "The call was declined",
  dnd: "The line does not want to be disturbed",
  groupCall: "The line leaves the call to the rest of its group",
};

const answers: Readonly<Record<AnswerCode, string>> = {
  180: "the caller hears ringing until giving up",
  480: "the caller is told that nobody is there (480)",
  486: "the caller is told that it is busy (486)",
  603: "the caller is told that the call is declined (603)",
};

function nameOf({ when, callers, owner }: RuleName): string {
  if (when === "doNotDisturb") return "do not disturb";
  if (when === "phone") return "the forwarding that is set at the phone";
  return `the ${owner === "group" ? "group's " : ""}rule “${whens[when]}, ${callersNamed[callers]}”`;
}

function secondsOf(count: number): string {
  return count === 1 ? "1 second" : `${count} seconds`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

const english: Wording = {
  reasons: {
    neverForwarded: ({ call }) => sentence(`${exemptions[call]}: such a call is never forwarded`),
    conditionNotMet: ({ when }) =>
      when === "busy"
        ? "The line has no call in progress, so its rules for a busy line do not apply."
        : "A phone is registered, so the rules for a line without one do not apply.",
    secondCallUnsure: ({ secondCall }) =>
      secondCall === "no"
        ? "The PBX delivers no second call: while the line is in a call the PBX itself answers busy, and no rule can act."
        : "It is not known whether the PBX delivers a second call; if not, the PBX itself answers busy and no rule can act.",
    passedOver: ({ rule, objection }) =>
      sentence(`${nameOf(rule)} is passed over: ${say(english.objections, objection)}`),
    applies: ({ rule, target }) => sentence(`${nameOf(rule)} applies: the call goes to ${target}`),
    relayed: ({ why }) => sentence(`Divert calls the target itself, since ${relayCauses[why]}`),
    ringsIfTargetFails: ({ afterSeconds }) =>
      sentence(
        `if the target is busy, cannot be reached, or does not answer within ${secondsOf(afterSeconds)}, the call comes back and the line's phones ring`,
      ),
    targetFailed: ({ target, failure }) => sentence(`the call went to ${target}, which ${failures[failure]}`),
    handedBack: ({ answer }) => sentence(`what the target says is handed back: ${answers[answer]}`),
    noRuleApplies: () => "No rule forwards this call.",
    rings: ({ phones }) => (phones === 1 ? "The line's phone rings." : `The line's ${phones} phones ring.`),
    keepsRinging: () => "The phones ring on.",
    ifNotAnswered: ({ rule, afterSeconds, target }) =>
      sentence(
        `if nobody answers within ${secondsOf(afterSeconds)}, ${nameOf(rule)} sends the call to ${target}`,
      ),
    rejected: ({ kind, answer }) => sentence(`${refusals[kind]}: ${answers[answer]}`),
  },
  objections: {
    otherCallers: ({ caller }) => `the caller is ${caller}`,
    switchedOff: () => "it is switched off",
    notYet: ({ from }) => `it holds from ${from} on`,
    over: ({ until }) => `it held until ${until}`,
    outsideHours: () => "it does not hold at this time of the week",
    unreadableTime: () => "its times cannot be read",
    targetUnusable: ({ problem }) => problems[problem],
    targetIsLine: () => "its target is the line itself",
    targetIsCaller: () => "its target is the caller",
    divertedTooOften: ({ diversions, limit }) =>
      `the call has been diverted ${diversions} times, and ${limit} is the limit`,
    divertedByThisLine: () => "this line has diverted the call before",
    redirectedJustNow: () => "this line redirected the same call a moment ago",
    sentTooOften: () => "this line has just sent the same caller there too often: it looks like a loop",
    targetFailed: ({ failure }) => `the call has been to its target, which ${failures[failure]}`,
    forwardedTooOften: ({ limit }) =>
      `the line has forwarded ${limit} calls to outside within the last hour, which is its limit`,
    tooManyRelayed: ({ limit }) =>
      `Divert carries ${limit} calls of the line to outside already, which is its limit`,
    noCallLeft: ({ limit, needed }) =>
      `Divert would have to call the target itself, which takes ${needed === 1 ? "a call" : `${needed} calls`} of the line, and the PBX lets it have ${limit} at once`,
    groupCall: ({ group }) =>
      `the call comes from ${group.number === undefined ? "a group or queue" : `the group ${group.number}`}, and the rule is not for group calls`,
  },
};
