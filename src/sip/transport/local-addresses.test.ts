import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import type { NetworkInterfaceInfo } from "node:os";
import { test } from "node:test";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { LocalAddresses } from "./local-addresses.ts";

const ipv4 = (address: string, bits: number, internal = false): NetworkInterfaceInfo => ({
  address,
  netmask: "",
  family: "IPv4",
  mac: "",
  internal,
  cidr: `${address}/${bits}`,
});
const ipv6 = (address: string, bits: number): NetworkInterfaceInfo => ({
  address,
  netmask: "",
  family: "IPv6",
  mac: "",
  internal: false,
  scopeid: 0,
  cidr: `${address}/${bits}`,
});

const machine = () => ({
  lo: [ipv4("127.0.0.1", 8, true)],
  eth0: [ipv4("192.0.2.10", 24), ipv6("fe80::10", 64), ipv6("2001:db8:1::10", 64)],
  eth1: [ipv4("10.1.0.10", 16)],
});

test("toward an address the interface of its network is used, else the first that leads outside", () => {
  const addresses = new LocalAddresses(new FakeClock(), machine);
  for (const [remote, own] of [
    ["10.1.200.1", "10.1.0.10"],
    ["192.0.2.99", "192.0.2.10"],
    ["203.0.113.1", "192.0.2.10"],
    ["127.0.0.5", "127.0.0.1"],
    ["2001:db8:1::1", "2001:db8:1::10"],
    ["2001:db8:9::1", "2001:db8:1::10"],
    ["fe80::1%eth0", "fe80::10"],
    ["::1", "::1"],
  ] as const) {
    assert.equal(addresses.toward(remote), own, remote);
  }
});

test("a machine without a network has its loopback", () => {
  const addresses = new LocalAddresses(new FakeClock(), () => ({ lo: [ipv4("127.0.0.1", 8, true)] }));
  assert.equal(addresses.toward("192.0.2.1"), "127.0.0.1");
  assert.equal(addresses.toward("2001:db8::1"), "::1");
});

test("an address that came or went is known after five seconds", () => {
  const clock = new FakeClock();
  let interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = machine();
  const addresses = new LocalAddresses(clock, () => interfaces);
  assert.equal(addresses.has("192.0.2.10"), true);
  assert.equal(addresses.has("192.0.2.11"), false);
  interfaces = { eth0: [ipv4("192.0.2.11", 24)] };
  clock.advance(5000);
  assert.equal(addresses.has("192.0.2.10"), false);
  assert.equal(addresses.has("192.0.2.11"), true);
  assert.equal(addresses.has("127.0.0.9"), true);
});

test("the routing table is asked without sending anything, and its answer comes before any guess", async () => {
  const own = Object.values(networkInterfaces())
    .flatMap((infos) => infos ?? [])
    .find(({ family, internal }) => family === "IPv4" && !internal)?.address;
  // The machine's own address is reached from itself, whatever the made-up interfaces would have said.
  const addresses = new LocalAddresses(new FakeClock(), machine);
  if (own !== undefined) {
    await addresses.learn(own);
    assert.equal(addresses.toward(own), own);
  }
  // Nothing is to be learned of a loopback address, nor of one that leads nowhere; neither is a fault.
  await addresses.learn("127.0.0.1");
  await addresses.learn("fe80::1");
  assert.equal(addresses.toward("fe80::1"), "fe80::10");
});
