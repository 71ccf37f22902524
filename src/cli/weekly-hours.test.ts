import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { weekdays } from "../forwarding/rules.ts";
import { WrongUsage } from "./command.ts";
import { formatHours, readHours } from "./weekly-hours.ts";

test("days are named one by one, or from the first to the last", () => {
  assert.deepEqual(readHours("mon-fri 08:00-17:00"), {
    days: ["mon", "tue", "wed", "thu", "fri"],
    from: "08:00",
    to: "17:00",
  });
  assert.deepEqual(readHours("Sat,SUN  22:00-06:00").days, ["sat", "sun"]);
  assert.deepEqual(readHours("fri-mon 00:00-24:00").days, ["mon", "fri", "sat", "sun"]);
  assert.deepEqual(readHours("mon-wed,fri 08:00-17:00").days, ["mon", "tue", "wed", "fri"]);
});

test("what is no days and times is wrong usage", () => {
  for (const text of [
    "",
    "mon",
    "08:00-17:00",
    "mon-fri",
    "someday 08:00-17:00",
    "mon-fri-sun 08:00-17:00",
    "mon-xyz 08:00-17:00",
    "mon 8:00-17:00",
    "mon 08:00-25:00",
    "mon 24:00-08:00",
  ]) {
    assert.throws(() => readHours(text), WrongUsage, text);
  }
});

test("what is printed can be typed", () => {
  const time = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map((parts) => parts.map((part) => String(part).padStart(2, "0")).join(":"));
  const days = fc.subarray([...weekdays], { minLength: 1 });
  fc.assert(
    fc.property(fc.record({ days, from: time, to: time }, { noNullPrototype: true }), (hours) => {
      assert.deepEqual(readHours(formatHours(hours)), hours);
    }),
  );
  assert.equal(
    formatHours({ days: ["mon", "tue", "wed", "sat", "sun"], from: "08:00", to: "24:00" }),
    "mon-wed,sat,sun 08:00-24:00",
  );
});
