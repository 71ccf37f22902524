import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SeededRandom } from "../../test/support/seeded-random.ts";
import { StrangerLimit, strangerBudgets } from "./stranger-limit.ts";
import type { StrangerRequest } from "./stranger-limit.ts";

const few = { perPort: 2, perAddress: 4, total: 50 };
const limitOf = (budget = few) => new StrangerLimit({ challenge: budget, proof: budget, other: budget });

function datagram(remoteAddress: string, remotePort = 5060) {
  return { isReliable: false, remoteAddress, remotePort };
}

/** How many of so many are admitted. */
function admitted(count: number, admits: (index: number) => boolean): number {
  return Array.from({ length: count }, (_, index) => admits(index)).filter(Boolean).length;
}

/** 10.0.0.0 and so on. */
function forged(index: number): string {
  return `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
}

test("one address and port gets so many answers at once, and then at an even pace", () => {
  const limit = limitOf();
  const times = [0, 0, 0, 499, 500, 501, 1000, 3000, 3000, 3000];
  assert.deepEqual(
    times.map((now) => limit.admits("other", datagram("192.0.2.66"), now)),
    [true, true, false, false, true, false, true, true, true, false],
  );
});

test("one address gets no more by many ports, nor an IPv6 /64 by many addresses", () => {
  const limit = limitOf();
  assert.equal(
    admitted(100, (port) => limit.admits("other", datagram("192.0.2.66", 1000 + port), 0)),
    4,
  );
  assert.equal(
    admitted(100, (host) => limit.admits("other", datagram(`2001:db8::${host}`), 0)),
    4,
  );
});

test("all strangers together get no more than the total, however many addresses they forge", () => {
  const limit = limitOf();
  assert.equal(
    admitted(10_000, (index) => limit.admits("other", datagram(forged(index)), 0)),
    50,
  );
});

test("what forged datagrams use up is missing neither to connections nor to who answers challenges", () => {
  const limit = limitOf();
  admitted(10_000, (index) => limit.admits("challenge", datagram(forged(index)), 0));
  const phone = datagram("192.0.2.1");
  assert.equal(limit.admits("challenge", phone, 0), false);
  assert.equal(limit.admits("challenge", { ...phone, isReliable: true }, 0), true);
  assert.equal(limit.admits("proof", phone, 0), true);
  assert.equal(limit.admits("other", phone, 0), true);
});

test("200 phones behind one address get their challenges at once", () => {
  const limit = new StrangerLimit();
  const challenged = (port: number) => limit.admits("challenge", datagram("192.0.2.1", 5060 + port), 0);
  assert.equal(admitted(200, challenged), 200);
  assert.equal(limit.admits("challenge", datagram("192.0.2.1", 6000), 0), false);
});

test("in a flood of five times the total, a phone is answered as often as anybody", () => {
  const limit = new StrangerLimit();
  const chance = new SeededRandom(7);
  let phones = 0;
  // 20,000 a second for 20 s, one in 200 of them by one of 100 phones.
  for (let index = 0; index < 400_000; index++) {
    const isPhone = chance.fraction() < 1 / 200;
    const from = isPhone ? datagram("192.0.2.1", index % 100) : datagram(forged(index));
    if (limit.admits("challenge", from, index / 20) && isPhone) phones++;
  }
  assert.ok(phones > 300 && phones < 500, `${phones} of 2,000`);
});

test("nothing is remembered but answers that were given lately", () => {
  const limit = new StrangerLimit();
  for (let index = 0; index < 100_000; index++)
    limit.admits("challenge", datagram(forged(index)), index / 100);
  // A burst and a second of each of two turns, an address and a port each.
  assert.ok(limit.size <= 3 * 2 * strangerBudgets.challenge.total, String(limit.size));
  for (const now of [3000, 4000]) limit.admits("challenge", datagram("192.0.2.1"), now);
  assert.equal(limit.size, 6);
});

test("no source ever gets more than a burst and its pace", () => {
  const kinds: StrangerRequest[] = ["challenge", "proof", "other"];
  const request = fc.record({
    waitMs: fc.oneof(fc.constant(0), fc.nat({ max: 3000 })),
    kind: fc.constantFrom(...kinds),
    isReliable: fc.boolean(),
    host: fc.nat({ max: 3 }),
    remotePort: fc.nat({ max: 3 }),
  });
  fc.assert(
    fc.property(fc.array(request, { maxLength: 200 }), (requests) => {
      const limit = limitOf();
      const given = new Map<string, number>();
      let now = 0;
      for (const { waitMs, kind, isReliable, host, remotePort } of requests) {
        now += waitMs;
        const remoteAddress = `192.0.2.${host}`;
        if (!limit.admits(kind, { isReliable, remoteAddress, remotePort }, now)) continue;
        const pot = `${kind} ${isReliable}`;
        for (const [name, perSecond] of [
          [`${pot} ${host} ${remotePort}`, few.perPort],
          [`${pot} ${host}`, few.perAddress],
          [pot, few.total],
        ] as const) {
          const count = (given.get(name) ?? 0) + 1;
          given.set(name, count);
          assert.ok(count <= perSecond + (now * perSecond) / 1000 + 0.5, `${name}: ${count} by ${now} ms`);
        }
      }
    }),
  );
});
