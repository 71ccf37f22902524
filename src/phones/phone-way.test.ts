import assert from "node:assert/strict";
import { test } from "node:test";
import { bindingOf, flowFrom } from "../../test/support/example-bindings.ts";
import type { Binding, Flow } from "../sip/user-agent.ts";
import { flowName } from "./phone-book.ts";
import { PhoneWay, deviceOf } from "./phone-way.ts";

/** The phones of user 101, who has a call by `first`. */
function setUp(registered: Binding[], first: Flow, device = registered[0]) {
  const proven = new Set<string>();
  const state = { bindings: registered, proven };
  const ports = {
    bindingsOf: (username: string) => (username === "101" ? state.bindings : []),
    flowOf: ({ flow }: Binding) => flow,
    hasProven: (username: string, flow: Flow) => proven.has(`${username} ${flowName(flow)}`),
  };
  return { state, way: new PhoneWay(ports, "101", device, first) };
}

const home = flowFrom("TCP", "192.0.2.1", 40_000);
const again = flowFrom("TCP", "192.0.2.1", 40_001);
const elsewhere = flowFrom("UDP", "198.51.100.1", 40_002);

test("a call follows its phone to the flow by which that registers again, known by its Contact", () => {
  const { state, way } = setUp([bindingOf("sip:a@10.0.0.7", home)], home);
  state.bindings = [bindingOf("sip:b@10.0.0.8", elsewhere), bindingOf("sip:a@10.0.0.7", again)];
  assert.equal(way.flow, again);
});

test("or known by its instance, by the same of its flows first (RFC 5626 §4.1)", () => {
  const instanceId = "<urn:uuid:0>";
  const { state, way } = setUp([bindingOf("sip:a@10.0.0.7", home, { instanceId, regId: 1 })], home);
  const other = bindingOf("sip:a@10.0.0.7", again, { instanceId, regId: 2 });
  state.bindings = [other, bindingOf("sip:a@172.16.0.1", elsewhere, { instanceId, regId: 1 })];
  assert.equal(way.flow, elsewhere);
  state.bindings = [other];
  assert.equal(way.flow, again);
});

test("without a registration it stays where it was last", () => {
  const { state, way } = setUp([bindingOf("sip:a@10.0.0.7", home)], home);
  state.bindings = [bindingOf("sip:a@10.0.0.7", again)];
  assert.equal(way.flow, again);
  state.bindings = [];
  assert.equal(way.flow, again);
});

test("a request by another registered flow of the user takes the call there", () => {
  const { state, way } = setUp([bindingOf("sip:a@10.0.0.7", home)], home);
  assert.equal(way.admits(elsewhere), false);
  state.bindings = [bindingOf("sip:a@172.16.0.1", elsewhere), ...state.bindings];
  assert.equal(way.admits(elsewhere), true);
  assert.equal(way.flow, elsewhere);
});

test("so does one by a flow by which the user proved who it is, from a phone that is not registered", () => {
  const { state, way } = setUp([], home);
  state.proven.add(`102 ${flowName(elsewhere)}`);
  assert.equal(way.admits(elsewhere), false);
  state.proven.add(`101 ${flowName(elsewhere)}`);
  assert.equal(way.admits(elsewhere), true);
  assert.equal(way.flow, elsewhere);
});

test("what comes from the phone's address is taken whatever the port, and does not move the call", () => {
  const { way } = setUp([bindingOf("sip:a@10.0.0.7", home)], home);
  assert.equal(way.admits(flowFrom("UDP", "192.0.2.1", 50_000)), true);
  assert.equal(way.flow, home);
});

test("who calls is known by its flow first, and behind a proxy that several share by its Contact", () => {
  const [a, b] = [bindingOf("sip:a@10.0.0.7", home), bindingOf("sip:b@10.0.0.7", home)];
  const far = bindingOf("sip:c@10.0.0.9", elsewhere);
  assert.equal(deviceOf([far, a, b], b.uri, home), b);
  assert.equal(deviceOf([far, a], b.uri, home), a);
  assert.equal(deviceOf([a, far], far.uri, again), far);
  assert.equal(deviceOf([a], far.uri, again), undefined);
});
