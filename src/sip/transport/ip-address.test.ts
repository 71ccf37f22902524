import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalAddress, hostOfAddress, isLoopbackAddress, neighbourhood } from "./ip-address.ts";

test("an address has one form however it was written", () => {
  for (const [written, canonical] of [
    ["192.0.2.7", "192.0.2.7"],
    ["2001:DB8:0:0::0001", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["[::FFFF:c000:207]", "192.0.2.7"],
    ["FE80::1%eth0", "fe80::1%eth0"],
  ] as const) {
    assert.equal(canonicalAddress(written), canonical, written);
  }
});

test("what is no numeric address is told apart", () => {
  for (const text of [
    "",
    "pbx.example",
    "192.0.2",
    "192.0.2.256",
    "[192.0.2.7",
    "2001:db8:::1",
    "1.2.3.4:5060",
  ]) {
    assert.equal(canonicalAddress(text), undefined, text);
  }
});

test("in a Via an IPv6 address stands in brackets and without its zone", () => {
  assert.equal(hostOfAddress("192.0.2.7"), "192.0.2.7");
  assert.equal(hostOfAddress("fe80::1%eth0"), "[fe80::1]");
});

test("all of 127.0.0.0/8 and ::1 are loopback", () => {
  assert.equal(isLoopbackAddress("127.0.0.2"), true);
  assert.equal(isLoopbackAddress("::1"), true);
  assert.equal(isLoopbackAddress("192.0.2.127"), false);
});

test("an IPv6 /64 is one customer, an IPv4 address another", () => {
  for (const address of ["2001:db8::1", "2001:db8::ffff:0:0:1", "2001:db8:0:0:8000::"])
    assert.equal(neighbourhood(address), "2001:db8:0:0");
  assert.equal(neighbourhood("2001:db8:0:1::1"), "2001:db8:0:1");
  assert.equal(neighbourhood("192.0.2.7"), "192.0.2.7");
});
