import assert from "node:assert/strict";
import { it } from "node:test";
import { firstDelayMs, timers } from "./timers.ts";
import type { TimerLetter } from "./timers.ts";

it("holds the values of RFC 3261 table 4 and RFC 6026", () => {
  const told = (Object.keys(timers) as TimerLetter[]).map((letter) => [
    letter,
    firstDelayMs(letter, false),
    firstDelayMs(letter, true),
  ]);
  assert.deepEqual(told, [
    ["100", 200, 200],
    ["A", 500, undefined],
    ["B", 32_000, 32_000],
    ["D", 32_000, 0],
    ["E", 500, undefined],
    ["F", 32_000, 32_000],
    ["G", 500, undefined],
    ["H", 32_000, 32_000],
    ["I", 5_000, 0],
    ["J", 32_000, 0],
    ["K", 5_000, 0],
    ["L", 32_000, 32_000],
    ["M", 32_000, 32_000],
    ["CANCEL", 32_000, 32_000],
  ]);
});
