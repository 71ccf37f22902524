import assert from "node:assert/strict";
import { test } from "node:test";
import type { PairingFacts } from "./phone-warnings.ts";
import { warningsOf } from "./phone-warnings.ts";

const desk: PairingFacts = {
  protocol: "UDP",
  contactHost: "192.0.2.1",
  sourceAddress: "192.0.2.1",
  webrtcMedia: "unknown",
  isBesidePbx: false,
};

function codes(facts: Partial<PairingFacts>): string[] {
  return warningsOf({ ...desk, ...facts }).map(({ code }) => code);
}

test("a phone that is where it believes to be is as good as any", () => {
  assert.deepEqual(codes({}), []);
  assert.deepEqual(codes({ contactHost: "10.0.0.7", sourceAddress: "10.0.0.7" }), []);
  assert.deepEqual(codes({ contactHost: "[2001:db8::1]", sourceAddress: "2001:db8::1" }), []);
});

test("a phone in a browser needs a PBX that takes its media, and it is said how sure that is", () => {
  const browser = { contactHost: "x.invalid", sourceAddress: "198.51.100.1" };
  for (const protocol of ["WS", "WSS"]) {
    assert.deepEqual(codes({ ...browser, protocol, webrtcMedia: "yes" }), []);
    assert.match(
      warningsOf({ ...desk, ...browser, protocol, webrtcMedia: "no" })[0]?.message ?? "",
      /does not take/,
    );
    assert.match(warningsOf({ ...desk, ...browser, protocol })[0]?.message ?? "", /not known/);
  }
  assert.deepEqual(codes({ protocol: "TLS", webrtcMedia: "no" }), []);
});

test("a phone behind a NAT is told of by each kind of private address, unless the PBX is behind the same one", () => {
  for (const contactHost of [
    "10.0.0.7",
    "172.31.255.1",
    "192.168.178.20",
    "100.64.0.9",
    "169.254.1.1",
    "[fd00::7]",
    "[fe80::7]",
  ]) {
    assert.deepEqual(codes({ contactHost }), ["nat-media"], contactHost);
    assert.deepEqual(codes({ contactHost, isBesidePbx: true }), []);
  }
  for (const contactHost of ["172.32.0.1", "198.51.100.7", "phone.example", "[2001:db8::7]"])
    assert.deepEqual(codes({ contactHost }), [], contactHost);
});
