import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { SeededRandom } from "../../../test/support/seeded-random.ts";
import { NonceSource } from "./nonce.ts";

function setUp(options: { lifetimeMs?: number; trackedNonces?: number; realm?: string } = {}) {
  const clock = new FakeClock();
  const nonces = new NonceSource({ clock, random: new SeededRandom(1), realm: "pbx", ...options });
  return { clock, nonces };
}

test("a nonce of ours is valid until its lifetime is over, then stale", () => {
  const { clock, nonces } = setUp({ lifetimeMs: 1000 });
  const nonce = nonces.issue();
  assert.equal(nonces.check(nonce), "valid");
  clock.advance(1001);
  assert.equal(nonces.check(nonce), "stale");
});

test("a nonce that was altered, or made for another realm, or by nobody, is foreign", () => {
  const { nonces } = setUp();
  const nonce = nonces.issue();
  const altered = nonce.replace(/^./, (digit) => (digit === "0" ? "1" : "0"));
  assert.equal(nonces.check(altered), "foreign");
  assert.equal(setUp({ realm: "other" }).nonces.check(nonce), "foreign");
  fc.assert(fc.property(fc.string(), (text) => nonces.check(text) === "foreign"));
});

test("a nonce count is taken once, in any order within the window", () => {
  const { nonces } = setUp();
  const nonce = nonces.issue();
  assert.equal(nonces.use(nonce, "101", 1), "valid");
  assert.equal(nonces.use(nonce, "101", 1), "replayed");
  assert.equal(nonces.use(nonce, "101", 4), "valid");
  assert.equal(nonces.use(nonce, "101", 3), "valid");
  assert.equal(nonces.use(nonce, "101", 3), "replayed");
  assert.equal(nonces.use(nonce, "101", 100), "valid");
  assert.equal(nonces.use(nonce, "101", 2), "replayed");
});

test("of any sequence of counts each is taken at most once", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 80 })), (counts) => {
      const { nonces } = setUp();
      const nonce = nonces.issue();
      const taken = counts.filter((count) => nonces.use(nonce, "101", count) === "valid");
      assert.equal(new Set(taken).size, taken.length);
    }),
  );
});

test("a nonce belongs to the user who used it first, and without a count serves once", () => {
  const { nonces } = setUp();
  const shared = nonces.issue();
  assert.equal(nonces.use(shared, "101", 1), "valid");
  assert.equal(nonces.use(shared, "102", 2), "replayed");
  const old = nonces.issue();
  assert.equal(nonces.use(old, "101", undefined), "valid");
  assert.equal(nonces.use(old, "101", undefined), "replayed");
});

test("memory is bounded, and a nonce that was dropped from it is stale, never good again", () => {
  const { clock, nonces } = setUp({ trackedNonces: 2 });
  const issued = [1, 2, 3].map(() => {
    clock.advance(10);
    return nonces.issue();
  });
  const [first = "", second = "", third = ""] = issued;
  for (const nonce of issued) assert.equal(nonces.use(nonce, "101", 1), "valid");
  assert.equal(nonces.use(first, "101", 1), "stale");
  assert.equal(nonces.use(second, "101", 2), "valid");
  assert.equal(nonces.use(third, "101", 2), "valid");
});

test("a nonce that was made for one place is foreign in another", () => {
  const { nonces } = setUp();
  const nonce = nonces.issue("192.0.2.1");
  assert.equal(nonces.check(nonce, "192.0.2.2"), "foreign");
  assert.equal(nonces.use(nonce, "101", 1, "192.0.2.2"), "foreign");
  assert.equal(nonces.use(nonce, "101", 1, "192.0.2.1"), "valid");
});
