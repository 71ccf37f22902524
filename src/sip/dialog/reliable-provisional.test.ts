import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { ReliableProvisional, figure } from "./reliable-provisional.ts";
import type { Inputs, State } from "./reliable-provisional.ts";

function begin() {
  const clock = new FakeClock();
  const log: string[] = [];
  const provisional = new ReliableProvisional(clock, {
    send: () => log.push(`sent at ${clock.now()}`),
    acknowledged: () => log.push("acknowledged"),
    unanswered: () => log.push(`given up at ${clock.now()}`),
  });
  return { clock, log, provisional };
}

const events: readonly (keyof Inputs)[] = ["repeat is due", "PRACK", "time is up", "final response", "close"];

const wayTo: Readonly<Record<State, (keyof Inputs)[]>> = {
  unacknowledged: [],
  acknowledged: ["PRACK"],
  overtaken: ["final response"],
  unanswered: ["time is up"],
  closed: ["close"],
};

/** For every arrow that is drawn: where it leads, and what its user sees. */
const arrows: Readonly<Record<State, Readonly<Partial<Record<keyof Inputs, readonly string[]>>>>> = {
  unacknowledged: {
    "repeat is due": ["unacknowledged", "sent at 0"],
    PRACK: ["acknowledged", "acknowledged"],
    "time is up": ["unanswered", "given up at 0"],
    "final response": ["overtaken"],
    close: ["closed"],
  },
  acknowledged: {},
  overtaken: { PRACK: ["acknowledged", "acknowledged"], close: ["closed"] },
  unanswered: {},
  closed: {},
};

describe("the figure of a reliable provisional response", () => {
  for (const state of Object.keys(figure) as State[]) {
    for (const event of events) {
      const expected = arrows[state][event];
      it(`${state}: ${event} ${expected === undefined ? "changes nothing" : `leads to ${expected[0] ?? ""}`}`, () => {
        const { clock, log, provisional } = begin();
        for (const earlier of wayTo[state]) provisional.handle(earlier);
        log.length = 0;
        assert.equal(provisional.handle(event), expected !== undefined);
        assert.deepEqual([provisional.state, ...log], expected ?? [state]);
        if (provisional.state !== "unacknowledged") assert.equal(clock.pending, 0, "no timer is left");
      });
    }
  }
});

describe("a reliable provisional response", () => {
  it("is repeated at doubling distance without a bound, and given up after 32 s (RFC 3262 §3)", () => {
    const { clock, log } = begin();
    clock.advance(120_000);
    const times = [0, 500, 1500, 3500, 7500, 15500, 31500];
    assert.deepEqual(log, [...times.map((time) => `sent at ${time}`), "given up at 32000"]);
  });
});
