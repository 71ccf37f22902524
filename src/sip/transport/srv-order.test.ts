import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SeededRandom } from "../../../test/support/seeded-random.ts";
import type { SrvRecord } from "./resolver.ts";
import { orderServers } from "./srv-order.ts";

const server = (target: string, priority: number, weight: number): SrvRecord => ({
  target,
  priority,
  weight,
  port: 5060,
});

test("a lower priority is tried first, whatever the weights", () => {
  const ordered = orderServers([server("spare", 20, 100), server("main", 10, 0)], new SeededRandom());
  assert.deepEqual(
    ordered.map(({ target }) => target),
    ["main", "spare"],
  );
});

test("within a priority the load falls by weight", () => {
  const random = new SeededRandom(7);
  const first = new Map<string, number>();
  for (let round = 0; round < 10_000; round++) {
    const [chosen] = orderServers(
      [server("small", 1, 10), server("large", 1, 30), server("none", 1, 0)],
      random,
    );
    assert.ok(chosen !== undefined);
    first.set(chosen.target, (first.get(chosen.target) ?? 0) + 1);
  }
  const share = (target: string) => (first.get(target) ?? 0) / 10_000;
  assert.ok(Math.abs(share("large") - 0.73) < 0.02, `large ${share("large")}`);
  assert.ok(Math.abs(share("small") - 0.245) < 0.02, `small ${share("small")}`);
  // RFC 2782: a weight of 0 has a very small chance, not none.
  assert.ok(share("none") > 0 && share("none") < 0.04, `none ${share("none")}`);
});

test("every server is tried once, and none before one of lower priority", () => {
  const record = fc.record({
    target: fc.domain(),
    priority: fc.nat(3),
    weight: fc.nat(65_535),
    port: fc.constant(5060),
  });
  fc.assert(
    fc.property(fc.array(record, { maxLength: 20 }), fc.nat(), (records, seed) => {
      const ordered = orderServers(records, new SeededRandom(seed));
      assert.equal(new Set(ordered).size, records.length);
      const priorities = ordered.map(({ priority }) => priority);
      assert.deepEqual(
        priorities,
        priorities.toSorted((one, other) => one - other),
      );
    }),
  );
});
