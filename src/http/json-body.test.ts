import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { depthOf } from "./json-body.ts";

function depthByWalking(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthByWalking));
}

test("the depth of a JSON text is that of its value, whatever its strings hold", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      assert.equal(depthOf(JSON.stringify(value)), depthByWalking(value));
    }),
  );
  assert.equal(depthOf('{"a":"[[[\\"[[","b":"\\\\"}'), 1);
});

test("a hundred thousand brackets are counted without recursion", () => {
  assert.equal(depthOf("[".repeat(100_000)), 100_000);
});
