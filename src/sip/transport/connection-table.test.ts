import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionTable } from "./connection-table.ts";

let nextPort = 1;

function connection(remoteAddress: string, isOutbound = false) {
  const made = {
    protocol: "TCP" as const,
    remoteAddress,
    remotePort: nextPort++,
    isOutbound,
    isEvicted: false,
    evict: () => {
      made.isEvicted = true;
    },
  };
  return made;
}

const tableOf = (perAddress: number, total: number) =>
  new ConnectionTable<ReturnType<typeof connection>>({ perAddress, total });

test("a connection is found by its remote end until it is removed", () => {
  const table = tableOf(10, 10);
  const one = connection("192.0.2.1");
  table.add(one);
  assert.equal(table.find("TCP", "192.0.2.1", one.remotePort), one);
  assert.equal(table.find("TLS", "192.0.2.1", one.remotePort), undefined);
  table.remove(one);
  table.remove(one);
  assert.equal(table.find("TCP", "192.0.2.1", one.remotePort), undefined);
  assert.equal(table.size, 0);
});

test("a connection to one name is not found for another, nor what has no name yet", () => {
  const table = tableOf(10, 10);
  const [named, within] = [
    { ...connection("192.0.2.1", true), identity: "pbx.example" },
    connection("192.0.2.2"),
  ];
  table.add(named);
  table.count(within);
  assert.equal(table.find("TCP", "192.0.2.1", named.remotePort, "pbx.example"), named);
  assert.equal(table.find("TCP", "192.0.2.1", named.remotePort), undefined);
  assert.equal(table.find("TCP", "192.0.2.2", within.remotePort), undefined);
  assert.equal(table.size, 2);
  for (const each of [named, within]) table.remove(each);
  assert.equal(table.size, 0);
});

test("an old connection that goes does not take a newer one to the same end with it", () => {
  const table = tableOf(10, 10);
  const old = connection("192.0.2.1");
  const young = { ...connection("192.0.2.1"), remotePort: old.remotePort };
  table.add(old);
  table.add(young);
  table.remove(old);
  assert.equal(table.find("TCP", "192.0.2.1", old.remotePort), young);
});

test("one address that opens too many displaces its own oldest silent connection, not one that has spoken", () => {
  const table = tableOf(2, 10);
  const [spoken, silent, other] = [connection("192.0.2.1"), connection("192.0.2.1"), connection("192.0.2.2")];
  for (const each of [other, spoken, silent]) table.add(each);
  table.prove(spoken);

  assert.equal(table.admits("192.0.2.1", false), true);
  assert.deepEqual([spoken.isEvicted, silent.isEvicted, other.isEvicted], [false, true, false]);
  const third = connection("192.0.2.1");
  table.add(third);
  table.prove(third);
  assert.equal(table.admits("192.0.2.1", false), false);
  assert.equal(table.admits("192.0.2.2", false), true);
  table.remove(third);
  assert.equal(table.admits("192.0.2.1", false), true);
});

test("when all room is taken the oldest silent inbound connection of all goes; outbound ones stay", () => {
  const table = tableOf(10, 3);
  const [outbound, first, second] = [
    connection("192.0.2.9", true),
    connection("192.0.2.1"),
    connection("192.0.2.2"),
  ];
  for (const each of [outbound, first, second]) table.add(each);
  assert.equal(table.admits("192.0.2.3", false), true);
  assert.deepEqual([outbound.isEvicted, first.isEvicted, second.isEvicted], [false, true, false]);
  table.add(connection("192.0.2.3", true));
  table.prove(second);
  assert.equal(table.admits("192.0.2.4", true), false);
});

test("connections that we open do not count against their address", () => {
  const table = tableOf(1, 10);
  table.add(connection("192.0.2.1", true));
  table.add(connection("192.0.2.1", true));
  assert.equal(table.admits("192.0.2.1", true), true);
  assert.equal(table.admits("192.0.2.1", false), true);
});

test("an IPv6 /64 counts as one address", () => {
  const table = tableOf(1, 10);
  const first = connection("2001:db8:1:2:a::1");
  table.add(first);
  table.prove(first);
  assert.equal(table.admits("2001:db8:1:2::1", false), false);
  assert.equal(table.admits("2001:db8:1:3::1", false), true);
  const compressed = connection("2001:db8::1");
  table.add(compressed);
  table.prove(compressed);
  assert.equal(table.admits("2001:db8:0:0:5::1", false), false);
  assert.equal(table.admits("2001:db8::7:b:c:d:e", false), true);
});
