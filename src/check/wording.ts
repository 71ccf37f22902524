/** Findings in words. A language is one table: whoever adds one cannot forget a question or a fact. */
import type { Fact, Finding, FindingId } from "../pbx/finding.ts";

type Verdict = Finding["verdict"];

/** All that a language must be able to say. */
export interface CheckWording {
  /** What was asked. */
  readonly questions: Readonly<Record<FindingId, string>>;
  readonly facts: {
    readonly [Code in Fact["code"]]: (fact: Extract<Fact, { readonly code: Code }>) => string;
  };
  /** A live call went otherwise at that time. */
  readonly contradicted: (at: Date) => string;
  /** What follows from it, or is to be done; nothing to say where all is well. */
  readonly advice: Readonly<Record<FindingId, Partial<Record<Verdict, string>>>>;
}

export interface FindingInWords {
  readonly question: string;
  readonly seen: readonly string[];
  readonly advice?: string;
}

export function describeFinding(finding: Finding, wording: CheckWording = english): FindingInWords {
  const advice =
    finding.contradictedAt === undefined
      ? wording.advice[finding.id][finding.verdict]
      : wording.contradicted(new Date(finding.contradictedAt));
  return {
    question: wording.questions[finding.id],
    seen: finding.seen.map((fact) => say(wording, fact)),
    ...(advice !== undefined && { advice }),
  };
}

function say({ facts }: CheckWording, fact: Fact): string {
  // The table has for each code the function that takes what has this code: TypeScript cannot see the two go together.
  const saying = facts[fact.code] as (fact: Fact) => string;
  return saying(fact);
}

const causes = {
  noThirdLine: "it takes a third line",
  notDelivered: "calls do not reach the line",
  redirectNotFollowed: "a 302 is not followed at all",
  notAsked: "nobody was asked to call from outside",
} as const;

export const english: CheckWording = {
  questions: {
    registration: "Are the lines registered?",
    options: "Does the PBX answer OPTIONS?",
    delivery: "Does a call reach its line?",
    pbxForwarding: "Does the PBX itself forward calls before it asks the line?",
    callerNaming: "Is a colleague who calls known for one?",
    redirect: "Does the PBX follow a 302?",
    redirectedCaller: "Does the target of a forwarding learn who calls?",
    redirectAfterRinging: "Does the PBX follow a 302 after it has rung?",
    secondCall: "Is a line that is in a call offered a second one?",
    secondChannel: "May a line that is in a call place another one?",
    ringLimit: "Does the PBX stop a call that rings for long?",
    outsideCaller: "Is a caller from outside known for one?",
    addressTranslation: "Is there an address translation (NAT) between Divert and the PBX?",
  },
  facts: {
    registered: ({ line, forSeconds, askedSeconds }) =>
      forSeconds === undefined || forSeconds === askedSeconds
        ? `Line ${line} is registered for ${askedSeconds} seconds.`
        : `Line ${line} is registered for ${forSeconds} seconds; ${askedSeconds} were asked for.`,
    notRegistered: ({ line, reason }) =>
      `Line ${line} is not registered${reason === undefined ? "" : `: ${reason}`}.`,
    digest: ({ realm, algorithm }) => `The PBX asks for the password by ${algorithm}, realm “${realm}”.`,
    noDigest: () => "The PBX asked for no password: whoever reaches it can register.",
    optionsAnswered: ({ status, allow }) =>
      `It answered ${status}${allow === undefined ? "" : `, and allows ${allow}`}.`,
    optionsUnanswered: () => "It did not answer within 32 seconds.",
    called: ({ from, to }) => `Line ${from} called ${to}.`,
    arrived: ({ line, afterMs }) => `The call reached line ${line} after ${afterMs} ms.`,
    notArrived: ({ line, withinMs }) => `No call reached line ${line} within ${withinMs / 1000} seconds.`,
    callerHeard: ({ statuses }) =>
      statuses.length === 0 ? "The caller heard nothing." : `The caller heard ${statuses.join(", ")}.`,
    answeredElsewhere: ({ line }) => `The call did not come to line ${line}: the PBX sent it somewhere else.`,
    stillUp: ({ line }) => `Line ${line} was in that call.`,
    header: ({ name, value }) => `${name}: ${value}`,
    headerMissing: ({ name }) => `There was no ${name}.`,
    readAs: ({ caller, identity }) =>
      identity === "" ? `It was read as ${caller}, nobody known.` : `It was read as ${caller}, ${identity}.`,
    redirected: ({ line, to }) => `Line ${line} answered 302 to ${to}.`,
    rangFor: ({ seconds, isOver }) =>
      isOver
        ? `The PBX took the call back after ${seconds} seconds.`
        : `It still rang after ${seconds} seconds.`,
    seenAt: ({ host, port }) => `The PBX sees us at ${host}:${port}.`,
    waitedForCall: ({ line, seconds }) => `Nobody called line ${line} within ${seconds} seconds.`,
    notTried: ({ because }) => `It was not tried: ${causes[because]}.`,
  },
  contradicted: (at) =>
    `A call of ${at.toISOString().slice(0, 16).replace("T", " ")} UTC went otherwise: check again. Until then this counts as not known.`,
  advice: {
    registration: {
      no: "See to it that the lines register: user name, password, and the registrar's address.",
    },
    options: { no: "Harmless, but the PBX cannot be asked whether it is there." },
    delivery: {
      no: "Calls do not come to this line at all: look at what the caller heard, and at the line's settings in the PBX.",
    },
    pbxForwarding: {
      yes: "A forwarding in the PBX runs first and always holds: switch it off there, and set it here.",
      unknown:
        "A call that does not come may have been forwarded by the PBX: look at the line's settings there.",
    },
    callerNaming: {
      no: "Internal rules will not fit: check the site's extension ranges and the PBX's identity headers.",
    },
    redirect: {
      no: "With `redirect: auto` Divert relays forwarded calls itself from now on.",
      unknown: "Try again: nothing could be told from what happened.",
    },
    redirectedCaller: { no: "Who is forwarded to sees another number than the caller's: the PBX writes it." },
    redirectAfterRinging: { no: "Rules for no answer are relayed from now on." },
    secondCall: {
      no: "Rules for busy never see a call: allow the second call (call waiting) for the lines in the PBX.",
      unknown: "Whether rules for busy work is not known.",
    },
    secondChannel: { no: "Calls of a line that is in a call cannot be relayed: the PBX allows it one call." },
    ringLimit: { yes: "Rules for no answer need at least three seconds less than that." },
    outsideCaller: {
      no: "External rules will not fit: an outside caller looks like a colleague. See whether the PBX marks such calls.",
      unknown: "Ask for a call from outside to see how it looks.",
    },
    addressTranslation: { yes: "Keep-alives hold the way back open; see `keepAlive` of the PBX." },
  },
};
