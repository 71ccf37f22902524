import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { RegisterPace } from "./register-pace.ts";
import { TurnQueue } from "./turn-queue.ts";
import type { Waiting } from "./turn-queue.ts";

function setUp(rate = 50) {
  const clock = new FakeClock();
  const pace = new RegisterPace(rate, clock);
  const queue = new TurnQueue(clock, pace);
  const turns: { name: string; at: number }[] = [];
  const held: string[] = [];
  const waiting = (name: string, sends = 1): Waiting => ({
    dueAt: 0,
    place: -1,
    takeTurn: () => {
      turns.push({ name, at: clock.now() });
      for (let sent = 0; sent < sends; sent++) pace.charge();
    },
    turnHeld: () => held.push(name),
  });
  return { clock, queue, turns, held, waiting };
}

/** The most turns in any second. */
function peak(times: readonly number[]): number {
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length));
}

test("no second sees more than the rate, and nearly the rate is used", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), (rate) => {
      const { clock, queue, turns, waiting } = setUp(rate);
      for (let index = 0; index < 6 * rate; index++) queue.schedule(waiting(String(index)), 0, false);
      queue.resume();
      clock.advance(5000);
      const times = turns.map(({ at }) => at);
      assert.ok(peak(times) <= rate, `${peak(times)} in a second at rate ${rate}`);
      assert.ok(turns.length >= rate * 4, `${turns.length} in five seconds at rate ${rate}`);
    }),
    { numRuns: 20 },
  );
});

test("answers to challenges count: 500 lines of two requests each are through in less than 25 s", () => {
  const { clock, queue, turns, waiting } = setUp(50);
  for (let index = 0; index < 500; index++) queue.schedule(waiting(String(index), 2), 0, false);
  queue.resume();
  clock.advance(25_000);
  assert.equal(turns.length, 500);
  assert.ok(2 * peak(turns.map(({ at }) => at)) <= 50);
});

test("each comes at its time, and who has a binding to lose comes first", () => {
  const { clock, queue, turns, waiting } = setUp(1);
  queue.schedule(waiting("new"), 0, false);
  queue.schedule(waiting("other new"), 0, false);
  queue.schedule(waiting("bound"), 500, true);
  queue.resume();
  clock.advance(10_000);
  assert.deepEqual(
    turns.map(({ name }) => name),
    ["new", "bound", "other new"],
  );
  assert.ok((turns[1]?.at ?? 0) >= 500);
});

test("while it is paused nobody has a turn, and who is due is told", () => {
  const { clock, queue, turns, held, waiting } = setUp();
  queue.schedule(waiting("a"), 0, false);
  queue.schedule(waiting("b"), 2000, false);
  clock.advance(1000);
  assert.deepEqual([turns.length, held], [0, ["a"]]);
  queue.resume();
  clock.advance(1000);
  assert.deepEqual(
    turns.map(({ name }) => name),
    ["b"],
  );
});

test("who asks again is due at the new time alone, who is removed not at all", () => {
  const { clock, queue, turns, waiting } = setUp();
  const [moved, removed] = [waiting("moved"), waiting("removed")];
  queue.resume();
  queue.schedule(moved, 100, false);
  queue.schedule(removed, 200, true);
  queue.schedule(moved, 900, true);
  queue.remove(removed);
  clock.advance(5000);
  assert.deepEqual(turns, [{ name: "moved", at: 900 }]);
  assert.equal(queue.size, 0);
  assert.equal(clock.pending, 0);
});
