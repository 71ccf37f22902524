import { weekdays } from "./rules.ts";

/** Minutes in a day and in a week, as clocks on the wall count them. */
export const minutesOfDay = 24 * 60;
export const minutesOfWeek = 7 * minutesOfDay;

/** Dates reach this far on either side of 1970 (ECMAScript's time range). */
const lastInstantMs = 8.64e15;

/**
 * The time of the week on a time zone's wall clock. Zones are asked once a minute each: Intl takes
 * microseconds, and a busy server asks thousands of times a second.
 */
export class WallClock {
  readonly #format: Intl.DateTimeFormat;
  #minute = Number.NaN;
  #minuteOfWeek: number | undefined;

  constructor(format: Intl.DateTimeFormat) {
    this.#format = format;
  }

  /** Minutes since Monday, 00:00, local time; undefined for an instant beyond the calendar. */
  minuteOfWeek(now: number): number | undefined {
    const minute = Math.floor(now / 60_000);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#minuteOfWeek = Math.abs(now) <= lastInstantMs ? this.#read(now) : undefined;
    }
    return this.#minuteOfWeek;
  }

  #read(now: number): number {
    const parts = new Map(this.#format.formatToParts(now).map(({ type, value }) => [type, value]));
    const day = weekdays.findIndex((weekday) => weekday === parts.get("weekday")?.toLowerCase());
    return day * minutesOfDay + Number(parts.get("hour")) * 60 + Number(parts.get("minute"));
  }
}

/** A zone may be spelt in many ways (`utc`, `Utc`); more than this many spellings are not remembered. */
const rememberedZones = 1000;
const clocks = new Map<string, WallClock>();

/** The wall clock of an IANA zone, the server's own when absent; undefined when there is no such zone. */
export function findWallClock(timeZone: string | undefined): WallClock | undefined {
  const name = timeZone ?? "";
  const known = clocks.get(name);
  if (known !== undefined) return known;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
  } catch {
    // Intl says "no such zone" by a RangeError.
    return undefined;
  }
  const clock = new WallClock(format);
  if (clocks.size >= rememberedZones) clocks.clear();
  clocks.set(name, clock);
  return clock;
}
