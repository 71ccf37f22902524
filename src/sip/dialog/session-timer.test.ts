import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { figure, type Inputs, SessionTimer, type State } from "./session-timer.ts";

function begin() {
  const clock = new FakeClock();
  const log: string[] = [];
  const timer = new SessionTimer(clock, () => void log.push(`expired at ${clock.now()}`));
  return { clock, log, timer };
}

const raise: Readonly<Record<keyof Inputs, (timer: SessionTimer) => boolean>> = {
  "interval agreed": (timer) => timer.handle("interval agreed", 90),
  "none agreed": (timer) => timer.handle("none agreed", undefined),
  "time is up": (timer) => timer.handle("time is up", undefined),
  close: (timer) => timer.handle("close", undefined),
};
const events = Object.keys(raise) as (keyof Inputs)[];

const wayTo: Readonly<Record<State, (keyof Inputs)[]>> = {
  untimed: [],
  running: ["interval agreed"],
  expired: ["interval agreed", "time is up"],
  closed: ["close"],
};

/** For every arrow that is drawn: where it leads, what its user sees, and how many timers are left. */
const arrows: Readonly<
  Record<State, Readonly<Partial<Record<keyof Inputs, readonly [State, readonly string[], timers: number]>>>>
> = {
  untimed: { "interval agreed": ["running", [], 1], close: ["closed", [], 0] },
  running: {
    "interval agreed": ["running", [], 1],
    "none agreed": ["untimed", [], 0],
    "time is up": ["expired", ["expired at 0"], 0],
    close: ["closed", [], 0],
  },
  expired: {},
  closed: {},
};

describe("the figure of a session timer", () => {
  for (const state of Object.keys(figure) as State[]) {
    for (const event of events) {
      const expected = arrows[state][event];
      it(`${state}: ${event} ${expected === undefined ? "changes nothing" : `leads to ${expected[0]}`}`, () => {
        const { clock, log, timer } = begin();
        for (const earlier of wayTo[state]) raise[earlier](timer);
        log.length = 0;
        const { pending } = clock;
        assert.equal(raise[event](timer), expected !== undefined);
        assert.equal(event in figure[state], expected !== undefined);
        assert.deepEqual([timer.state, log, clock.pending], expected ?? [state, [], pending]);
      });
    }
  }
});

describe("a session timer", () => {
  it("runs out when no refresh comes, and once", () => {
    const { clock, log, timer } = begin();
    timer.refreshed(90);
    clock.advance(200_000);
    assert.deepEqual(log, ["expired at 90000"]);
    assert.equal(clock.pending, 0);
  });

  it("begins anew with each refresh, with the interval of the last", () => {
    const { clock, log, timer } = begin();
    timer.refreshed(90);
    clock.advance(89_000);
    timer.refreshed(120);
    clock.advance(119_000);
    assert.deepEqual(log, []);
    clock.advance(1_000);
    assert.deepEqual(log, ["expired at 209000"]);
  });

  it("stands still from a refresh that agrees on no interval, and after the call", () => {
    const { clock, log, timer } = begin();
    timer.refreshed(90);
    timer.refreshed(undefined);
    clock.advance(1_000_000);
    timer.refreshed(90);
    timer.close();
    clock.advance(1_000_000);
    assert.deepEqual(log, []);
  });
});
