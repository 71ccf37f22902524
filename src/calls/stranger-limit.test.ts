import assert from "node:assert/strict";
import { test } from "node:test";
import { StrangerLimit } from "./stranger-limit.ts";

test("one address gets so many answers a second, and as many in the next", () => {
  const limit = new StrangerLimit({ perAddress: 2, total: 100, addresses: 10 });
  const admitted = [0, 100, 200, 999, 1000].map((now) => limit.admits("192.0.2.66", now));
  assert.deepEqual(admitted, [true, true, false, false, true]);
});

test("all strangers together get no more than the total, however many addresses they forge", () => {
  const limit = new StrangerLimit({ perAddress: 5, total: 50, addresses: 10 });
  let admitted = 0;
  for (let index = 0; index < 10_000; index++)
    if (limit.admits(`10.0.${index >> 8}.${index & 255}`, 0)) admitted++;
  assert.equal(admitted, 50);
});
