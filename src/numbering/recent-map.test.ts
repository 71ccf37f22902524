import assert from "node:assert/strict";
import { test } from "node:test";
import { RecentMap } from "./recent-map.ts";

test("it stays small, and what is used stays in it", () => {
  const map = new RecentMap<number>(100);
  map.set("kept", 1);
  for (let key = 0; key < 10_000; key += 1) {
    map.set(`${key}`, key);
    assert.equal(map.get("kept"), 1);
    assert.ok(map.size <= 200);
  }
  assert.equal(map.get("9999"), 9999);
  assert.equal(map.get("0"), undefined);
});
