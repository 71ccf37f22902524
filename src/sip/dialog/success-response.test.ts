import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { SuccessResponse, figure } from "./success-response.ts";
import type { Inputs, State } from "./success-response.ts";

function begin() {
  const clock = new FakeClock();
  const log: string[] = [];
  const success = new SuccessResponse(clock, {
    send: () => log.push(`sent at ${clock.now()}`),
    acknowledged: () => log.push("acknowledged"),
    unanswered: () => log.push(`given up at ${clock.now()}`),
  });
  return { clock, log, success };
}

const events: readonly (keyof Inputs)[] = ["repeat is due", "ACK", "time is up", "close"];

const wayTo: Readonly<Record<State, (keyof Inputs)[]>> = {
  unacknowledged: [],
  acknowledged: ["ACK"],
  unanswered: ["time is up"],
  closed: ["close"],
};

/** For every arrow that is drawn: where it leads, and what its user sees. */
const arrows: Readonly<Record<State, Readonly<Partial<Record<keyof Inputs, readonly string[]>>>>> = {
  unacknowledged: {
    "repeat is due": ["unacknowledged", "sent at 0"],
    ACK: ["acknowledged", "acknowledged"],
    "time is up": ["unanswered", "given up at 0"],
    close: ["closed"],
  },
  acknowledged: { ACK: ["acknowledged"] },
  unanswered: {},
  closed: {},
};

describe("the figure of a 2xx on its way", () => {
  for (const state of Object.keys(figure) as State[]) {
    for (const event of events) {
      const expected = arrows[state][event];
      it(`${state}: ${event} ${expected === undefined ? "changes nothing" : `leads to ${expected[0] ?? ""}`}`, () => {
        const { clock, log, success } = begin();
        for (const earlier of wayTo[state]) success.handle(earlier);
        log.length = 0;
        assert.equal(success.handle(event), expected !== undefined);
        assert.deepEqual([success.state, ...log], expected ?? [state]);
        if (success.state !== "unacknowledged") assert.equal(clock.pending, 0, "no timer is left");
      });
    }
  }
});

describe("a 2xx to INVITE", () => {
  it("is repeated after half a second, at doubling distance up to four seconds, and given up after 32 (RFC 3261 §13.3.1.4)", () => {
    const { clock, log } = begin();
    clock.advance(60_000);
    const times = [0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500];
    assert.deepEqual(log, [...times.map((time) => `sent at ${time}`), "given up at 32000"]);
  });

  it("is not repeated after its ACK, whose copies say nothing new", () => {
    const { clock, log, success } = begin();
    clock.advance(600);
    success.acknowledge();
    success.acknowledge();
    clock.advance(60_000);
    assert.deepEqual(log, ["sent at 0", "sent at 500", "acknowledged"]);
  });
});
