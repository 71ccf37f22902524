import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LoopGuard } from "./loop-guard.ts";

describe("the same call", () => {
  test("is known for 32 seconds after it was redirected from this line", () => {
    const guard = new LoopGuard();
    guard.remember("101", "call", "tag", "caller", "102", 1_000_000);
    const knownAt = (now: number) => guard.recall("101", "call", "tag", "caller", now).redirectedJustNow;
    assert.ok(knownAt(1_000_000));
    assert.ok(knownAt(1_031_999));
    assert.ok(!knownAt(1_032_000));
  });

  test("is another one with another line, Call-ID or From tag", () => {
    const guard = new LoopGuard();
    guard.remember("101", "call", "tag", "caller", "102", 0);
    for (const [line, callId, tag] of [
      ["102", "call", "tag"],
      ["101", "call2", "tag"],
      ["101", "call", "tag2"],
      ["101", "callt", "ag"],
    ] as const) {
      assert.ok(!guard.recall(line, callId, tag, "caller", 0).redirectedJustNow);
    }
  });
});

describe("ten times within two seconds", () => {
  const sendOften = (guard: LoopGuard, times: number, everyMs: number): number => {
    let now = 5000;
    for (let sent = 0; sent < times; sent += 1, now += everyMs) {
      guard.remember("101", `call-${sent}`, "tag", "caller", "102", now);
    }
    return now;
  };
  const isLoop = (guard: LoopGuard, now: number, target = "102", caller = "caller") =>
    guard.recall("101", "next", "tag", caller, now).sentTooOften(target);

  test("the same caller to the same target is a loop, nine times is none", () => {
    const nine = new LoopGuard();
    assert.ok(!isLoop(nine, sendOften(nine, 9, 4)));
    const ten = new LoopGuard();
    const now = sendOften(ten, 10, 4);
    assert.ok(isLoop(ten, now));
    assert.ok(!isLoop(ten, now, "103"), "another target");
    assert.ok(!isLoop(ten, now, "102", "another caller"));
  });

  test("is over when the first of the ten is two seconds old", () => {
    const guard = new LoopGuard();
    sendOften(guard, 10, 0);
    assert.ok(isLoop(guard, 6999));
    assert.ok(!isLoop(guard, 7000));
  });

  test("a hotline that is called four times a second is none", () => {
    const guard = new LoopGuard();
    assert.ok(!isLoop(guard, sendOften(guard, 100, 250)));
  });

  test("a loop without end is let through ten times in two seconds at the most", () => {
    const guard = new LoopGuard();
    let sent = 0;
    for (let now = 0; now < 20_000; now += 4) {
      if (isLoop(guard, now)) continue;
      guard.remember("101", `call-${now}`, "tag", "caller", "102", now);
      sent += 1;
    }
    assert.ok(sent <= 100, `${sent} in twenty seconds`);
  });
});

test("under more calls than it holds it still knows the latest", () => {
  const guard = new LoopGuard({ calls: 100, sends: 100 });
  for (let call = 0; call < 100_000; call += 1) {
    guard.remember(`line-${call}`, `call-${call}`, "tag", "caller", "102", call / 1000);
  }
  const knows = (call: number) =>
    guard.recall(`line-${call}`, `call-${call}`, "tag", "caller", 100).redirectedJustNow;
  assert.ok(knows(99_999));
  assert.ok(knows(99_900));
  assert.ok(!knows(99_000));
});
