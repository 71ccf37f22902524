import assert from "node:assert/strict";
import { test } from "node:test";
import { bindingOf, flowFrom } from "../../test/support/example-bindings.ts";
import type { Binding } from "../sip/user-agent.ts";
import { flowToPhone, namesServer, needsKeepAlive } from "./phone-flow.ts";

const toPort: Parameters<typeof flowToPhone>[1] = (flow, remotePort) => ({ ...flow, remotePort });

function placeOf(binding: Binding): string {
  const { protocol, remoteAddress, remotePort } = flowToPhone(binding, toPort);
  return `${protocol} ${remoteAddress} ${remotePort}`;
}

test("a phone is reached by its connection, or at the address that its datagrams come from, and nowhere else", () => {
  const tcp = flowFrom("TCP", "192.0.2.1", 40_000);
  const udp = flowFrom("UDP", "192.0.2.1", 40_000);
  const udp6 = flowFrom("UDP", "2001:db8::1", 40_000);
  const cases: readonly (readonly [Binding, string])[] = [
    [bindingOf("sip:a@192.0.2.1:5062;transport=tcp", tcp), "TCP 192.0.2.1 40000"],
    [bindingOf("sip:a@pbx.example", tcp), "TCP 192.0.2.1 40000"],
    // No NAT stands between: the port is the one that it listens on.
    [bindingOf("sip:a@192.0.2.1:5062", udp), "UDP 192.0.2.1 5062"],
    [bindingOf("sip:a@192.0.2.1", udp), "UDP 192.0.2.1 5060"],
    [bindingOf("sip:a@[2001:db8::1]:5062", udp6), "UDP 2001:db8::1 5062"],
    // Neither another address nor a name leads anywhere.
    [bindingOf("sip:a@10.0.0.7:5062", udp), "UDP 192.0.2.1 40000"],
    [bindingOf("sip:a@198.51.100.1:5070", udp), "UDP 192.0.2.1 40000"],
    [bindingOf("sip:a@pbx.example:5070", udp), "UDP 192.0.2.1 40000"],
    [bindingOf("sip:a@192.0.2.1:5062;maddr=198.51.100.1", udp), "UDP 192.0.2.1 5062"],
    [bindingOf("sip:a@192.0.2.1:5062;transport=tcp", udp), "UDP 192.0.2.1 5062"],
    [bindingOf("sip:a@192.0.2.1:5062", udp, { isOutbound: true }), "UDP 192.0.2.1 40000"],
  ];
  for (const [binding, place] of cases) assert.equal(placeOf(binding), place, binding.contact);
});

test("a NAT is kept open where one may stand between", () => {
  const udp = flowFrom("UDP", "192.0.2.1", 40_000);
  assert.equal(needsKeepAlive(bindingOf("sip:a@10.0.0.7", udp)), true);
  assert.equal(needsKeepAlive(bindingOf("sip:a@192.0.2.1", udp, { isOutbound: true })), true);
  assert.equal(needsKeepAlive(bindingOf("sip:a@192.0.2.1", udp)), false);
  assert.equal(needsKeepAlive(bindingOf("sip:a@10.0.0.7", flowFrom("TCP", "192.0.2.1"))), false);
});

test("a Contact names a server by host and port, and never where the phone itself sends from", () => {
  const asked: string[] = [];
  const isServer = (host: string, port: number): boolean => asked.push(`${host} ${port}`) > 0;
  const udp = flowFrom("UDP", "192.0.2.1", 5070);
  const uriOf = (contact: string) => bindingOf(contact, udp).uri;
  for (const contact of [
    "sip:0190@pbx.example",
    "sips:0190@pbx.example",
    "sip:0190@pbx.example;transport=TLS",
    "sip:0190@192.0.2.1:5080",
  ]) {
    assert.equal(namesServer(uriOf(contact), udp, isServer), true, contact);
  }
  assert.equal(namesServer(uriOf("sip:101@192.0.2.1:5070"), udp, isServer), false);
  assert.deepEqual(asked, ["pbx.example 5060", "pbx.example 5061", "pbx.example 5061", "192.0.2.1 5080"]);
});
