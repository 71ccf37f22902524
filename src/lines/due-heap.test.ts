import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DueHeap } from "./due-heap.ts";
import type { Due } from "./due-heap.ts";

test("whatever is added and removed, the members come out in the order in which they are due", () => {
  const steps = fc.array(fc.record({ dueAt: fc.integer({ min: 0, max: 50 }), removes: fc.boolean() }));
  fc.assert(
    fc.property(steps, (given) => {
      const heap = new DueHeap<Due>();
      const kept = new Set<Due>();
      for (const { dueAt, removes } of given) {
        const member = { dueAt, place: -1 };
        heap.add(member);
        kept.add(member);
        if (!removes) continue;
        const [oldest] = kept;
        assert.ok(oldest !== undefined && heap.remove(oldest));
        assert.equal(oldest.place, -1);
        kept.delete(oldest);
      }
      const order: number[] = [];
      for (let first = heap.first(); first !== undefined; first = heap.first()) {
        order.push(first.dueAt);
        heap.remove(first);
      }
      assert.deepEqual(
        order,
        [...kept].map(({ dueAt }) => dueAt).sort((a, b) => a - b),
      );
    }),
  );
});

test("who is in another heap, or in none, is not removed", () => {
  const [heap, other] = [new DueHeap<Due>(), new DueHeap<Due>()];
  const member = { dueAt: 1, place: -1 };
  assert.equal(heap.remove(member), false);
  other.add(member);
  heap.add({ dueAt: 2, place: -1 });
  assert.equal(heap.remove(member), false);
  assert.equal(heap.size, 1);
});
