import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { succeed } from "../../base/result.ts";
import { canonicalAddress } from "./ip-address.ts";
import { parseListeningPoint, serializeListeningPoint } from "./listening-point.ts";
import type { TransportProtocol } from "./transport.ts";

test("a listening point is a protocol, an address and a port", () => {
  for (const [text, point] of [
    ["udp://0.0.0.0:5060", { protocol: "UDP", address: "0.0.0.0", port: 5060 }],
    ["TCP://[::]:5070", { protocol: "TCP", address: "::", port: 5070 }],
    ["tls://192.0.2.1", { protocol: "TLS", address: "192.0.2.1", port: 5061 }],
    ["ws://127.0.0.1:0/", { protocol: "WS", address: "127.0.0.1", port: 0 }],
    [
      "udp://10.0.0.5:5060?advertise=SIP.example.com",
      { protocol: "UDP", address: "10.0.0.5", port: 5060, advertisedHost: "sip.example.com" },
    ],
    [
      "udp://[::]?advertise=[2001:DB8::1]",
      { protocol: "UDP", address: "::", port: 5060, advertisedHost: "[2001:db8::1]" },
    ],
  ] as const) {
    assert.deepEqual(parseListeningPoint(text), succeed(point), text);
  }
});

test("what cannot be listened at is refused with a sentence that quotes it", () => {
  for (const [text, quoted] of [
    ["", '""'],
    ["sip:pbx.example", "sip:pbx.example"],
    ["http://0.0.0.0:80", "http://0.0.0.0:80"],
    ["udp://pbx.example:5060", "pbx.example"],
    ["udp://:5060", "numeric"],
    ["udp://0.0.0.0:70000", "70000"],
    ["udp://[::1:5060", "udp://[::1:5060"],
    ["udp://0.0.0.0:5060 tcp://0.0.0.0", "udp://0.0.0.0:5060 tcp://0.0.0.0"],
  ] as const) {
    const result = parseListeningPoint(text);
    assert.equal(result.ok, false, text);
    assert.ok(result.failure.includes(quoted), result.failure);
  }
});

test("what is written out reads back as the same", () => {
  const address = fc.oneof(
    fc.ipV4(),
    fc.ipV6().map((text) => canonicalAddress(text) ?? "::"),
  );
  const protocol = fc.constantFrom<TransportProtocol>("UDP", "TCP", "TLS", "WS", "WSS");
  const points = fc.record(
    { protocol, address, port: fc.integer({ min: 0, max: 65_535 }) },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(points, (point) => {
      assert.deepEqual(parseListeningPoint(serializeListeningPoint(point)), succeed(point));
    }),
  );
});
