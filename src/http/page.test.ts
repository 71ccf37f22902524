import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareKeys, pageOf } from "./page.ts";

test("page after page, everything that fits is told once and in order, whatever the limit", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string()), fc.integer({ min: 1, max: 7 }), (keys, limit) => {
      const sorted = keys.sort(compareKeys);
      const fits = (key: string): boolean => key.length !== 1;
      const told: string[] = [];
      let cursor: string | undefined;
      do {
        const page = pageOf(sorted, { key: (key) => key, fits, cursor, limit });
        assert.ok(page.items.length <= limit);
        told.push(...page.items);
        cursor = page.next;
      } while (cursor !== undefined);
      assert.deepEqual(told, sorted.filter(fits));
    }),
  );
});
