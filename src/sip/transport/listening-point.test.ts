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
    [
      "tls://192.0.2.1?cert=/etc/divert.pem",
      {
        protocol: "TLS",
        address: "192.0.2.1",
        port: 5061,
        certificates: [{ certificate: "/etc/divert.pem", key: "/etc/divert.pem" }],
      },
    ],
    [
      "wss://[::]?cert=a.pem&key=a.key&cert=b%26c.pem&key=b.key&origin=https://Phone.example",
      {
        protocol: "WSS",
        address: "::",
        port: 443,
        certificates: [
          { certificate: "a.pem", key: "a.key" },
          { certificate: "b&c.pem", key: "b.key" },
        ],
        origins: ["https://phone.example"],
      },
    ],
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
    ["tls://0.0.0.0", "no certificate"],
    ["wss://0.0.0.0?key=a.key", "belongs to no"],
    ["tls://0.0.0.0?cert=", "no value"],
    ["tls://0.0.0.0?cert=%zz", "no value"],
    ["tcp://0.0.0.0?cert=a.pem", "means nothing for TCP"],
    ["tls://0.0.0.0?cert=a.pem&origin=https://a", "means nothing for TLS"],
    ["udp://0.0.0.0?advertise=a/b", "no host to advertise"],
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
  const plain = fc.constantFrom<TransportProtocol>("UDP", "TCP", "WS");
  const secure = fc.constantFrom<TransportProtocol>("TLS", "WSS");
  const port = fc.integer({ min: 0, max: 65_535 });
  const file = fc.string({ minLength: 1, unit: "grapheme" });
  const certificate = fc.record({ certificate: file, key: file }, { noNullPrototype: true });
  const certificates = fc.array(certificate, { minLength: 1, maxLength: 3 });
  const points = fc.oneof(
    fc.record({ protocol: plain, address, port }, { noNullPrototype: true }),
    fc.record({ protocol: secure, address, port, certificates }, { noNullPrototype: true }),
  );
  fc.assert(
    fc.property(points, (point) => {
      assert.deepEqual(parseListeningPoint(serializeListeningPoint(point)), succeed(point));
    }),
  );
});
