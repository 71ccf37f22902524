/**
 * When a rule holds: between two instants, and in hours of the week on a time zone's wall clock.
 */
import { fail, succeed, type Result } from "../base/result.ts";
import { findWallClock, minutesOfDay, minutesOfWeek, type WallClock } from "./local-time.ts";
import type { Objection } from "./reasons.ts";
import { weekdays, type Forwarding, type WeeklyHours } from "./rules.ts";

/** Minutes since Monday, 00:00: from the first up to, not including, the second. */
type Stretch = readonly [from: number, to: number];

export interface Schedule {
  readonly from: Bound | undefined;
  readonly until: Bound | undefined;
  readonly hours: { readonly clock: WallClock; readonly stretches: readonly Stretch[] } | undefined;
}

interface Bound {
  readonly at: number;
  readonly objection: Objection;
}

const outsideHours: Objection = { code: "outsideHours" };

/** Why the rule does not hold at `now` (milliseconds since 1970); undefined when it does. */
export function objectionOf(schedule: Schedule, now: number): Objection | undefined {
  const { from, until, hours } = schedule;
  if (from !== undefined && !(now >= from.at)) return from.objection;
  if (until !== undefined && !(now < until.at)) return until.objection;
  if (hours !== undefined && !isWithin(hours.stretches, hours.clock.minuteOfWeek(now))) return outsideHours;
  return undefined;
}

function isWithin(stretches: readonly Stretch[], minute: number | undefined): boolean {
  if (minute === undefined) return false;
  for (const [from, to] of stretches) if (minute >= from && minute < to) return true;
  return false;
}

type TimedFields = Pick<Forwarding, "from" | "until" | "hours" | "timeZone">;

/** The times of a rule made ready for use; undefined when it holds at any time. The failure names what cannot be read. */
export function compileSchedule(rule: TimedFields): Result<Schedule | undefined, string> {
  if (rule.from === undefined && rule.until === undefined && rule.hours === undefined)
    return succeed(undefined);
  const from = compileBound(rule.from, (from) => ({ code: "notYet", from }));
  if (!from.ok) return from;
  const until = compileBound(rule.until, (until) => ({ code: "over", until }));
  if (!until.ok) return until;
  if (rule.hours === undefined) return succeed({ from: from.value, until: until.value, hours: undefined });

  const clock = findWallClock(rule.timeZone);
  if (clock === undefined) return fail(`There is no time zone "${rule.timeZone ?? ""}".`);
  const stretches: Stretch[] = [];
  for (const hours of rule.hours) {
    const compiled = compileHours(hours);
    if (compiled === undefined) return fail(`"${hours.from}" to "${hours.to}" are no times of day (HH:MM).`);
    stretches.push(...compiled);
  }
  return succeed({ from: from.value, until: until.value, hours: { clock, stretches } });
}

/** Without an offset an instant would mean something else on each server. */
const instantForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

function compileBound(
  text: string | undefined,
  objection: (text: string) => Objection,
): Result<Bound | undefined, string> {
  if (text === undefined) return succeed(undefined);
  const at = instantForm.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) return fail(`"${text}" is no instant (ISO 8601 with offset).`);
  return succeed({ at, objection: objection(text) });
}

/** One stretch a day. Hours that end no later than they begin end on the day after; Sunday's run on into Monday. */
function compileHours({ days, from, to }: WeeklyHours): Stretch[] | undefined {
  const begin = minuteOf(from);
  const end = to === "24:00" ? minutesOfDay : minuteOf(to);
  if (begin === undefined || end === undefined) return undefined;
  const length = end > begin ? end - begin : end + minutesOfDay - begin;
  return days.flatMap((day): Stretch[] => {
    const start = weekdays.indexOf(day) * minutesOfDay + begin;
    const stop = start + length;
    if (stop <= minutesOfWeek) return [[start, stop]];
    return [
      [start, minutesOfWeek],
      [0, stop - minutesOfWeek],
    ];
  });
}

const timeOfDayForm = /^([01]\d|2[0-3]):([0-5]\d)$/;

function minuteOf(timeOfDay: string): number | undefined {
  const match = timeOfDayForm.exec(timeOfDay);
  return match === null ? undefined : Number(match[1]) * 60 + Number(match[2]);
}
