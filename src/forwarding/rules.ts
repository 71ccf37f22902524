/**
 * What a forwarding is: one rule of a line (its user's) or of a line group (the administrator's).
 */

export const whens = ["always", "busy", "noAnswer", "unreachable"] as const;
/** On what a rule depends; tried in this order. */
export type When = (typeof whens)[number];

export const callerClasses = ["internal", "external"] as const;
/** Whether the caller is a subscriber of the same PBX. */
export type CallerClass = (typeof callerClasses)[number];

export const callers = ["all", "internal", "external"] as const;
/** Whose calls a rule is for. */
export type Callers = (typeof callers)[number];

/** A stretch of each week in which a rule holds; `from` may be later than `to`: then it ends on the day after. */
export interface WeeklyHours {
  readonly days: readonly Weekday[];
  /** Local time of day, `HH:MM`. */
  readonly from: string;
  /** Local time of day, `HH:MM`; `24:00` is the day's end. */
  readonly to: string;
}

export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof weekdays)[number];

/** One rule as it was set. Its key within its owner is `when` and `callers`: a second one replaces the first. */
export interface Forwarding {
  readonly when: When;
  readonly callers: Callers;
  /** As it was typed: an extension, a number, or a SIP URI. */
  readonly target: string;
  readonly enabled: boolean;
  /** For `noAnswer`: how long the phones ring first. */
  readonly seconds?: number;
  /** Holds from this instant on (ISO 8601 with offset). */
  readonly from?: string;
  /** Holds until before this instant (ISO 8601 with offset). */
  readonly until?: string;
  /** Holds in these hours alone; absent: at any hour. */
  readonly hours?: readonly WeeklyHours[];
  /** IANA name that `hours` are read in; absent: the server's own. */
  readonly timeZone?: string;
  /** Forwards calls that come from a group or queue too. */
  readonly groupCalls?: boolean;
  /** Of a group's rules alone: comes before the user's rules of the same `when`. */
  readonly mandatory?: boolean;
}

export type ForwardingKey = `${When}/${Callers}`;

export function forwardingKey(rule: { readonly when: When; readonly callers: Callers }): ForwardingKey {
  return `${rule.when}/${rule.callers}`;
}

/** Seconds that phones ring before a `noAnswer` rule acts, unless the rule says otherwise. */
export const defaultNoAnswerSeconds = 20;
