import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { Wait } from "./wait.ts";

describe("waiting for something", () => {
  it("gives what has come, once", async () => {
    const clock = new FakeClock();
    const wait = new Wait<number>(clock, 1000);
    wait.fulfil(1);
    wait.fulfil(2);
    assert.equal(await wait.result, 1);
    assert.equal(clock.pending, 0);
  });

  it("gives nothing when time is up, or when nobody waits any more", async () => {
    const clock = new FakeClock();
    const late = new Wait<number>(clock, 1000);
    clock.advance(1000);
    late.fulfil(1);
    assert.equal(await late.result, undefined);
    const cancelled = new Wait<number>(clock, 1000);
    cancelled.cancel();
    assert.equal(await cancelled.result, undefined);
    assert.equal(clock.pending, 0);
  });
});
