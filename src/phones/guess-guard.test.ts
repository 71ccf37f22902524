import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { GuessGuard, guessLimits } from "./guess-guard.ts";

function setUp() {
  const clock = new FakeClock();
  return { clock, guard: new GuessGuard(clock) };
}

test("a slip or two cost nothing, then each try waits longer, up to four seconds, then comes the ban", () => {
  const { clock, guard } = setUp();
  const waits: number[] = [];
  for (let failures = 1; failures < guessLimits.perPair; failures++) {
    guard.failed("192.0.2.1", "101");
    let waitMs = 0;
    for (; guard.leaveFor("192.0.2.1", "101", false) === "wait"; waitMs += 250) clock.advance(250);
    waits.push(waitMs);
  }
  assert.deepEqual(waits, [0, 0, 0, 250, 500, 1000, 2000, 4000, 4000]);
  assert.equal(guard.failed("192.0.2.1", "101"), true);
  assert.equal(guard.leaveFor("192.0.2.1", "101", false), "banned");
  clock.advance(guessLimits.banMs);
  assert.equal(guard.leaveFor("192.0.2.1", "101", false), "judged");
});

test("the right password forgives, and so does time", () => {
  const { clock, guard } = setUp();
  for (let failures = 0; failures < 9; failures++) guard.failed("192.0.2.1", "101");
  guard.succeeded("192.0.2.1", "101");
  assert.equal(guard.leaveFor("192.0.2.1", "101", false), "judged");
  for (let failures = 0; failures < 9; failures++) guard.failed("192.0.2.2", "101");
  clock.advance(guessLimits.memoryMs + 1);
  assert.equal(guard.failed("192.0.2.2", "101"), false);
});

test("an address that tries many names is banned for all, unless phones are registered from it", () => {
  const { guard } = setUp();
  for (let name = 0; name < guessLimits.perAddress; name++) guard.failed("192.0.2.1", String(name));
  assert.equal(guard.leaveFor("192.0.2.1", "500", false), "banned");
  assert.equal(guard.leaveFor("192.0.2.1", "500", true), "judged");
});

test("a name that is guessed at from everywhere leaves each address one try, and nobody is locked out", () => {
  const { guard } = setUp();
  for (let address = 1; address <= guessLimits.perName; address++) guard.failed(`192.0.2.${address}`, "101");
  assert.equal(guard.leaveFor("198.51.100.1", "101", false), "judged");
  assert.equal(guard.failed("198.51.100.1", "101"), true);
  assert.equal(guard.leaveFor("198.51.100.1", "101", false), "banned");
});

test("what is remembered is bounded", () => {
  const guard = new GuessGuard(new FakeClock(), { ...guessLimits, remembered: 30 });
  for (let failures = 0; failures < 12; failures++) guard.failed("192.0.2.1", "101");
  for (let address = 0; address < 100; address++) guard.failed(`198.51.100.${address}`, `name-${address}`);
  assert.equal(guard.leaveFor("192.0.2.1", "101", false), "judged");
});
