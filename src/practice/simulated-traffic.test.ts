import assert from "node:assert/strict";
import { it } from "node:test";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { SimulatedTraffic } from "./simulated-traffic.ts";

it("simulated callers call by the script, over and over, and hang up in time", () => {
  const clock = new FakeClock();
  const log: string[] = [];
  const traffic = new SimulatedTraffic(
    clock,
    [
      { from: "105", to: "101", lastsMs: 1_500, pauseMs: 1_000 },
      { from: "106", to: "102", lastsMs: 500, pauseMs: 2_000 },
    ],
    (from, to) => {
      log.push(`${clock.now()} ${from} calls ${to}`);
      return { hangUp: () => log.push(`${clock.now()} ${from} hangs up`) };
    },
  );
  traffic.start();
  clock.advance(3_200);
  traffic.close();
  clock.advance(60_000);
  assert.deepEqual(log, [
    "0 105 calls 101",
    "1000 106 calls 102",
    "1500 105 hangs up",
    "1500 106 hangs up",
    "3000 105 calls 101",
  ]);
  assert.equal(clock.pending, 0);
});
