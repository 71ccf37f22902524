import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SeededRandom } from "../../../test/support/seeded-random.ts";
import { refreshDelayMs } from "./refresh-time.ts";

test("a refresh leaves room for a try without an answer, wherever the granted time has that room", () => {
  fc.assert(
    fc.property(fc.integer({ min: 80, max: 86_400 }), fc.integer(), (granted, seed) => {
      const delay = refreshDelayMs(granted, new SeededRandom(seed)) / 1000;
      assert.ok(delay >= granted / 2 - 1e-6 && delay <= granted * 0.9 + 1e-6, `${delay} of ${granted}`);
      assert.ok(granted - delay >= 40 - 1e-6);
    }),
  );
});

test("a refresh comes before the end of the shortest time that may be asked for, too", () => {
  for (let granted = 5; granted < 80; granted++) {
    const delay = refreshDelayMs(granted, new SeededRandom(granted)) / 1000;
    assert.ok(delay <= granted * 0.6, `${delay} of ${granted}`);
  }
});

test("refreshes of lines that came together part", () => {
  const random = new SeededRandom(1);
  const delays = Array.from({ length: 1000 }, () => refreshDelayMs(300, random));
  assert.ok(Math.max(...delays) - Math.min(...delays) > 70_000);
});

test("however little or much a registrar grants, it is refreshed between two and a half seconds and a day", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 32 - 1 }), (granted) => {
      const delay = refreshDelayMs(granted, new SeededRandom(granted));
      assert.ok(delay >= (granted < 5 ? 5000 : 2500) && delay <= 86_400_000);
    }),
  );
});
