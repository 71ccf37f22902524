import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { WeeklyHours } from "./rules.ts";
import { compileSchedule, objectionOf } from "./schedule.ts";

type Times = Parameters<typeof compileSchedule>[0];

function holds(times: Times, instant: string): boolean {
  const schedule = compileSchedule(times);
  assert.ok(schedule.ok, `${JSON.stringify(times)} cannot be read`);
  return schedule.value === undefined || objectionOf(schedule.value, Date.parse(instant)) === undefined;
}

const office: WeeklyHours = { days: ["mon", "tue", "wed", "thu", "fri"], from: "08:00", to: "17:00" };
const night: WeeklyHours = { days: ["sun"], from: "22:00", to: "06:00" };

test("without times a rule holds at any time", () => {
  assert.ok(holds({}, "2026-11-23T12:00:00Z"));
});

test("from is the first instant, until the first after", () => {
  const times = { from: "2026-11-23T12:00:00+01:00", until: "2026-11-23T13:00:00+01:00" };
  assert.ok(!holds(times, "2026-11-23T10:59:59.999Z"));
  assert.ok(holds(times, "2026-11-23T11:00:00Z"));
  assert.ok(holds(times, "2026-11-23T11:59:59.999Z"));
  assert.ok(!holds(times, "2026-11-23T12:00:00Z"));
});

describe("weekly hours", () => {
  const berlin = (hours: WeeklyHours, instant: string) =>
    holds({ hours: [hours], timeZone: "Europe/Berlin" }, instant);

  const cases: [string, WeeklyHours, string, boolean][] = [
    ["Monday, one minute to eight", office, "2026-11-23T07:59:59+01:00", false],
    ["Monday at eight", office, "2026-11-23T08:00:00+01:00", true],
    ["Friday, a moment before five", office, "2026-11-27T16:59:59+01:00", true],
    ["Friday at five", office, "2026-11-27T17:00:00+01:00", false],
    ["Saturday noon", office, "2026-11-28T12:00:00+01:00", false],
    ["Sunday at ten at night", night, "2026-11-29T22:00:00+01:00", true],
    ["the Monday morning after it, into the new week", night, "2026-11-30T05:59:00+01:00", true],
    ["that Monday at six", night, "2026-11-30T06:00:00+01:00", false],
    ["Sunday's small hours belong to Saturday", night, "2026-11-29T05:00:00+01:00", false],
    ["till midnight", { days: ["sun"], from: "20:00", to: "24:00" }, "2026-11-29T23:59:59+01:00", true],
    [
      "midnight is the next day's",
      { days: ["sun"], from: "20:00", to: "24:00" },
      "2026-11-30T00:00:00+01:00",
      false,
    ],
    [
      "equal bounds are a whole day",
      { days: ["mon"], from: "08:00", to: "08:00" },
      "2026-11-24T07:59:00+01:00",
      true,
    ],
    ["no days, never", { days: [], from: "00:00", to: "24:00" }, "2026-11-24T07:59:00+01:00", false],
  ];
  for (const [story, hours, instant, expected] of cases) {
    test(`${story}: ${expected ? "holds" : "does not hold"}`, () =>
      assert.equal(berlin(hours, instant), expected));
  }

  test("the wall clock rules when summer time begins and ends", () => {
    // 29 March 2026: 02:00 becomes 03:00. 25 October 2026: 03:00 becomes 02:00.
    const early: WeeklyHours = { days: ["sun"], from: "02:30", to: "03:30" };
    assert.ok(!berlin(early, "2026-03-29T00:59:00Z"), "01:59 in winter time");
    assert.ok(berlin(early, "2026-03-29T01:00:00Z"), "03:00 in summer time, one minute later");
    assert.ok(!berlin(early, "2026-03-29T01:30:00Z"), "03:30");
    assert.ok(berlin(early, "2026-10-25T00:30:00Z"), "02:30 for the first time");
    assert.ok(!berlin(early, "2026-10-25T01:00:00Z"), "02:00 for the second time");
    assert.ok(berlin(early, "2026-10-25T01:45:00Z"), "02:45 for the second time");
    assert.ok(berlin(office, "2026-07-20T06:00:00Z"), "eight o'clock in summer");
    assert.ok(!berlin(office, "2026-11-23T06:00:00Z"), "seven o'clock in winter");
  });

  test("each zone has its own Monday", () => {
    const monday: WeeklyHours = { days: ["mon"], from: "00:00", to: "24:00" };
    const instant = "2026-11-23T10:30:00Z";
    assert.ok(holds({ hours: [monday], timeZone: "Europe/Berlin" }, instant));
    assert.ok(!holds({ hours: [monday], timeZone: "Pacific/Kiritimati" }, instant));
    assert.ok(!holds({ hours: [monday], timeZone: "Pacific/Niue" }, instant));
  });

  test("several stretches: one is enough", () => {
    const times = { hours: [office, night], timeZone: "Europe/Berlin" };
    assert.ok(holds(times, "2026-11-23T12:00:00+01:00"));
    assert.ok(holds(times, "2026-11-29T23:00:00+01:00"));
    assert.ok(!holds(times, "2026-11-28T12:00:00+01:00"));
  });
});

test("what cannot be read is said, with what it was", () => {
  const unreadable: [Times, RegExp][] = [
    [{ from: "2026-11-23" }, /“?"2026-11-23" is no instant/],
    [{ until: "2026-11-23T12:00:00" }, /offset/],
    [{ from: "2026-13-23T12:00:00Z" }, /no instant/],
    [{ hours: [office], timeZone: "Europe/Atlantis" }, /no time zone "Europe\/Atlantis"/],
    [{ hours: [{ ...office, from: "24:00" }] }, /no times of day/],
    [{ hours: [{ ...office, to: "8:00" }] }, /no times of day/],
  ];
  for (const [times, message] of unreadable) {
    const schedule = compileSchedule(times);
    assert.ok(!schedule.ok);
    assert.match(schedule.failure, message);
  }
});

test("an instant beyond the calendar is outside of all hours", () => {
  const schedule = compileSchedule({ hours: [office], timeZone: "UTC" });
  assert.ok(schedule.ok && schedule.value !== undefined);
  for (const now of [Number.NaN, Number.POSITIVE_INFINITY, 1e300]) {
    assert.deepEqual(objectionOf(schedule.value, now), { code: "outsideHours" });
  }
});
