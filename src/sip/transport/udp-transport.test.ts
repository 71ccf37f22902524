import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { UdpPeer, optionsRequest } from "../../../test/support/socket-peers.ts";
import { TransportRecorder } from "../../../test/support/transport-recorder.ts";
import { silentLogger } from "../../base/logger.ts";
import type { TransportError } from "./transport.ts";
import { openUdpTransport } from "./udp-transport.ts";

async function start(context: TestContext, address = "127.0.0.1") {
  const recorder = new TransportRecorder();
  const opened = await openUdpTransport({ address, port: 0, user: recorder, logger: silentLogger });
  assert.ok(opened.ok);
  const transport = opened.value;
  const peer = await UdpPeer.open(address);
  context.after(async () => {
    peer.close();
    await transport.close();
  });
  return { transport, recorder, peer };
}

for (const address of ["127.0.0.1", "::1"]) {
  test(`a request comes by a flow that answers where it came from (${address})`, async (context) => {
    const { transport, recorder, peer } = await start(context, address);
    peer.send(transport, optionsRequest());
    const { message, flow } = await recorder.message(0);
    assert.equal(message.kind === "request" && message.method, "OPTIONS");
    assert.deepEqual(
      [flow.protocol, flow.isReliable, flow.isOpen, flow.localAddress, flow.localPort],
      ["UDP", false, true, address, transport.localPort],
    );
    assert.deepEqual([flow.remoteAddress, flow.remotePort], [address, peer.port]);
    flow.send(Buffer.from("answer"));
    assert.equal(await peer.datagram(0), "answer");
  });
}

test("keep-alives are silence; what is no SIP is told as malformed without anything to answer", async (context) => {
  const { transport, recorder, peer } = await start(context);
  const noise = [
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    Buffer.from("160301020001000001fc0303", "hex"),
    Buffer.from("80080001000000a01234567800", "hex"),
    Buffer.from("000100002112a442000102030405060708090a0b", "hex"),
  ];
  for (const bytes of ["", "\r\n", "\r\n\r\n", Buffer.of(0), Buffer.alloc(4)]) peer.send(transport, bytes);
  for (const bytes of noise) peer.send(transport, bytes);
  peer.send(transport, optionsRequest());
  await recorder.message(0);
  assert.equal(recorder.malformed.length, noise.length);
  assert.ok(recorder.malformed.every(({ failure }) => failure.respondable === undefined));
  assert.deepEqual(peer.received, []);
});

test("a datagram of nearly 64 kB is read whole", async (context) => {
  const { transport, recorder, peer } = await start(context);
  peer.send(transport, optionsRequest({ body: "x".repeat(65_000) }));
  const { message } = await recorder.message(0);
  assert.equal(message.body.length, 65_000);
});

test("what cannot be sent is told once, and never before send returns", async (context) => {
  const { transport } = await start(context);
  const outcome = (address: string, port: number, bytes: Buffer) =>
    new Promise<{ error: TransportError; wasLater: boolean }>((resolve) => {
      let wasLater = false;
      transport.flowTo(address, port).send(bytes, (error) => resolve({ error, wasLater }));
      wasLater = true;
    });
  for (const [address, port, length, reason] of [
    ["127.0.0.1", 5060, 70_000, "too-large"],
    ["127.0.0.1", 0, 10, "failed"],
    ["127.0.0.1", 70_000, 10, "failed"],
    ["::1", 5060, 10, "unreachable"],
    ["pbx.example", 5060, 10, "unreachable"],
  ] as const) {
    const { error, wasLater } = await outcome(address, port, Buffer.alloc(length));
    assert.equal(error.reason, reason, `${address} ${port}`);
    assert.equal(wasLater, true);
  }
  // Nobody asks: nothing is thrown.
  transport.flowTo("::1", 0).send(Buffer.alloc(70_000));
  transport.flowTo("127.0.0.1", 5060).send(Buffer.alloc(70_000));

  await transport.close();
  assert.equal(transport.flowTo("127.0.0.1", 5060).isOpen, false);
  const { error } = await outcome("127.0.0.1", 5060, Buffer.alloc(10));
  assert.equal(error.reason, "closed");
  await transport.close();
});

test("a port that is taken, and an address that is not ours, are failures that say so", async (context) => {
  const { transport, recorder } = await start(context);
  const user = { user: recorder, logger: silentLogger };
  assert.deepEqual(await openUdpTransport({ address: "127.0.0.1", port: transport.localPort, ...user }), {
    ok: false,
    failure: "another program already uses this port",
  });
  assert.deepEqual(await openUdpTransport({ address: "192.0.2.1", port: 0, ...user }), {
    ok: false,
    failure: "this machine has no such address",
  });
});
