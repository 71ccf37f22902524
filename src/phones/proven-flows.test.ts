import assert from "node:assert/strict";
import { test } from "node:test";
import { flowFrom } from "../../test/support/example-bindings.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { ProvenFlows } from "./proven-flows.ts";

const proxy = flowFrom("UDP", "192.0.2.1");
const desk = flowFrom("UDP", "192.0.2.2");

test("a flow counts as that user's, and others' that it is too, until its time is over", () => {
  const clock = new FakeClock();
  const proven = new ProvenFlows(clock, 1000, 10);
  proven.add("101", proxy);
  clock.advance(500);
  proven.add("102", proxy);
  assert.equal(proven.hasOf("101", flowFrom("UDP", "192.0.2.1")), true);
  assert.equal(proven.hasOf("101", desk), false);
  clock.advance(500);
  assert.deepEqual(
    [proven.hasOf("101", proxy), proven.hasOf("102", proxy), proven.has(proxy)],
    [false, true, true],
  );
  clock.advance(500);
  assert.equal(proven.has(proxy), false);
});

test("a user's proofs are forgotten without those of others, and a connection's with it", () => {
  const proven = new ProvenFlows(new FakeClock(), 1000, 10);
  proven.add("101", proxy);
  proven.add("102", proxy);
  proven.add("101", desk);
  proven.forgetUser("101");
  assert.deepEqual(
    [proven.hasOf("101", proxy), proven.has(desk), proven.hasOf("102", proxy)],
    [false, false, true],
  );
  proven.forgetFlow(proxy);
  assert.equal(proven.has(proxy), false);
});

test("of too many the oldest are forgotten, and one that is proved anew is the latest", () => {
  const proven = new ProvenFlows(new FakeClock(), 1000, 2);
  for (const username of ["101", "102", "101", "103"]) proven.add(username, proxy);
  assert.deepEqual(
    ["101", "102", "103"].map((username) => proven.hasOf(username, proxy)),
    [true, false, true],
  );
});
