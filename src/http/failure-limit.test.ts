import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { FailureLimit } from "./failure-limit.ts";

test("an address may fail so often within a window, and anew in the next", () => {
  const clock = new FakeClock();
  const limit = new FailureLimit({ clock, limit: 2, windowMs: 60_000 });
  const record = (): boolean => limit.record("192.0.2.1");
  assert.deepEqual([record(), record(), record()], [true, true, false]);
  assert.equal(limit.record("192.0.2.2"), true);
  clock.advance(60_000);
  assert.equal(record(), true);
});

test("what it remembers is bounded: the oldest address gives way", () => {
  const limit = new FailureLimit({ clock: new FakeClock(), limit: 1, windowMs: 60_000, capacity: 2 });
  for (const address of ["a", "b", "c"]) assert.equal(limit.record(address), true);
  assert.equal(limit.record("c"), false);
  assert.equal(limit.record("a"), true);
});
