/** Hours of the week as the command line writes them: `mon-fri 08:00-17:00`, `sat,sun 22:00-06:00`. */
import { type Weekday, type WeeklyHours, weekdays } from "../forwarding/rules.ts";
import { WrongUsage } from "./command.ts";

const form = /^([a-z]{3}(?:[,-][a-z]{3})*) +((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d|24:00)$/i;

/** One `--hours`. Throws a `WrongUsage`. */
export function readHours(text: string): WeeklyHours {
  const [, written = "", from, to] = form.exec(text.trim()) ?? [];
  const days = written
    .toLowerCase()
    .split(",")
    .map((part) => readDays(part));
  if (from === undefined || to === undefined || days.includes(undefined)) {
    throw new WrongUsage(`--hours is days and times such as "mon-fri 08:00-17:00", not "${text}".`);
  }
  const named = new Set(days.flatMap((part) => part ?? []));
  return { days: weekdays.filter((day) => named.has(day)), from, to };
}

/** `mon`, or `fri-mon`: up to the last, over the week's end where it must. */
function readDays(part: string): readonly Weekday[] | undefined {
  const [first, last, ...more] = part.split("-").map((day) => weekdays.findIndex((known) => known === day));
  if (first === undefined || first < 0 || last === -1 || more.length > 0) return undefined;
  const count = last === undefined ? 1 : ((last - first + weekdays.length) % weekdays.length) + 1;
  return Array.from({ length: count }, (_, step) => weekdays[(first + step) % weekdays.length]).filter(
    (day) => day !== undefined,
  );
}

/** What `readHours` reads again: three days and more in a row as `mon-fri`. */
export function formatHours({ days, from, to }: WeeklyHours): string {
  const runs: Weekday[][] = [];
  for (const day of weekdays.filter((each) => days.includes(each))) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    const isNext = before !== undefined && weekdays.indexOf(before) + 1 === weekdays.indexOf(day);
    if (run !== undefined && isNext) run.push(day);
    else runs.push([day]);
  }
  const told = runs.map((run) => (run.length < 3 ? run.join(",") : `${run[0] ?? ""}-${run.at(-1) ?? ""}`));
  return `${told.join(",")} ${from}-${to}`;
}
