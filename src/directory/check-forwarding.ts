import type { RefusalCode } from "../base/refusal.ts";
import { findWallClock } from "../forwarding/local-time.ts";
import type { Forwarding } from "../forwarding/rules.ts";
import { compileSchedule } from "../forwarding/schedule.ts";
import type { TargetResolver } from "./line-setup.ts";

/** What is wrong with one rule. `path` is the key within the rule. */
export interface ForwardingFault {
  readonly code: RefusalCode;
  readonly path: keyof Forwarding;
  readonly message: string;
  readonly mend?: string;
}

/** Whose rule it is to be: for a line, what the line itself is called at its PBX. */
export type OwnerFacts =
  { readonly kind: "line"; readonly identities: ReadonlySet<string> } | { readonly kind: "group" };

export const noAnswerSeconds = { least: 1, most: 600 } as const;
const mostHours = 50;
/** Longer texts are no targets; numbering says so of shorter ones. */
const longestTarget = 512;

/** All that is wrong with a rule, each with its way to mend it; empty when it can be set. */
export function checkForwarding(
  rule: Forwarding,
  owner: OwnerFacts,
  resolve: TargetResolver | undefined,
): ForwardingFault[] {
  return [
    ...checkTarget(rule.target, owner, resolve),
    ...checkSeconds(rule),
    ...checkTimes(rule),
    ...(rule.mandatory === true && owner.kind === "line" ? [notALines] : []),
  ];
}

const notALines: ForwardingFault = {
  code: "invalid-input",
  path: "mandatory",
  message: "Only a group's forwarding can be mandatory.",
  mend: "Leave `mandatory` out, or set the forwarding for the group.",
};

/** All that is wrong with a target. Without a resolver (the PBX or its site is at fault) it is judged as it is written alone. */
export function checkTarget(
  text: string,
  owner: OwnerFacts,
  resolve: TargetResolver | undefined,
): ForwardingFault[] {
  if (text.trim() === "" || text.length > longestTarget) {
    return [
      {
        code: "invalid-target",
        path: "target",
        message: text.trim() === "" ? "The target is empty." : "The target is too long.",
        mend: "Write an extension such as 102, or a number such as +4989123456.",
      },
    ];
  }
  const target = resolve?.(text);
  if (target?.ok === false) {
    const { code, message, mend } = target.failure;
    return [{ code, path: "target", message, ...(mend !== undefined && { mend }) }];
  }
  const canonical = target?.value.canonical ?? text.trim();
  if (owner.kind === "line" && owner.identities.has(canonical)) {
    return [
      {
        code: "target-is-self",
        path: "target",
        message: `${text} is this very line: it cannot be forwarded to itself.`,
        mend: "Choose another target.",
      },
    ];
  }
  return [];
}

function checkSeconds({ when, seconds }: Forwarding): ForwardingFault[] {
  if (seconds === undefined) return [];
  if (when !== "noAnswer") {
    return [
      {
        code: "invalid-input",
        path: "seconds",
        message: "Only a noAnswer forwarding waits for seconds.",
        mend: "Leave `seconds` out.",
      },
    ];
  }
  const { least, most } = noAnswerSeconds;
  if (Number.isInteger(seconds) && seconds >= least && seconds <= most) return [];
  const mend = `Write a whole number from ${least} to ${most}.`;
  return [
    { code: "invalid-input", path: "seconds", message: `${seconds} seconds cannot be waited for.`, mend },
  ];
}

function checkTimes(rule: Forwarding): ForwardingFault[] {
  const { from, until, hours, timeZone } = rule;
  const hoursCount = hours?.length;
  if (hoursCount === 0 || (hoursCount ?? 0) > mostHours) {
    const message = hoursCount === 0 ? "No hours are named." : `More than ${mostHours} stretches of hours.`;
    return [{ code: "invalid-input", path: "hours", message, mend: "Leave `hours` out for any hour." }];
  }
  if (timeZone !== undefined && findWallClock(timeZone) === undefined) {
    const message = `There is no time zone “${timeZone}”.`;
    return [
      { code: "invalid-input", path: "timeZone", message, mend: "Write an IANA name such as Europe/Berlin." },
    ];
  }
  for (const path of ["from", "until", "hours"] as const) {
    const value = rule[path];
    const schedule = value === undefined ? undefined : compileSchedule({ [path]: value });
    if (schedule?.ok !== false) continue;
    return [{ code: "invalid-input", path, message: schedule.failure, mend: timeMends[path] }];
  }
  if (from !== undefined && until !== undefined && Date.parse(from) >= Date.parse(until)) {
    const message = "The forwarding ends before it begins.";
    return [
      { code: "invalid-input", path: "until", message, mend: "Write an `until` that is later than `from`." },
    ];
  }
  return [];
}

const timeMends = {
  from: "Write an instant with its offset, for instance 2026-12-24T18:00:00+01:00.",
  until: "Write an instant with its offset, for instance 2026-12-24T18:00:00+01:00.",
  hours: "Write times of day such as 08:00, and 24:00 for the day's end.",
} as const;
