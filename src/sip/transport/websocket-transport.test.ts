import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { TcpPeer, optionsRequest } from "../../../test/support/socket-peers.ts";
import { TestCertificates } from "../../../test/support/test-certificates.ts";
import { TransportRecorder } from "../../../test/support/transport-recorder.ts";
import { WebSocketPeer } from "../../../test/support/websocket-peer.ts";
import { silentLogger } from "../../base/logger.ts";
import { Certificates } from "./certificates.ts";
import { ConnectionTable } from "./connection-table.ts";
import type { ConnectionLimits } from "./connection-table.ts";
import type { StreamConnection } from "./stream-connection.ts";
import type { TransportError, TransportUser } from "./transport.ts";
import { openWebSocketTransport } from "./websocket-transport.ts";

interface StartOptions {
  readonly isSecure?: boolean;
  readonly origins?: readonly string[];
  readonly connections?: ConnectionLimits;
  readonly answers?: Partial<TransportUser>;
}

async function start(context: TestContext, options: StartOptions = {}) {
  const recorder = new TransportRecorder(options.answers);
  const clock = new FakeClock();
  const logger = silentLogger;
  const connections = new ConnectionTable<StreamConnection>(options.connections);
  const made = new TestCertificates(context);
  const loaded =
    options.isSecure === true
      ? await Certificates.load([made.make("divert", "divert.example")], { clock, logger })
      : undefined;
  assert.ok(loaded?.ok !== false);
  const certificates = loaded?.value;
  const opened = await openWebSocketTransport({
    address: "127.0.0.1",
    port: 0,
    user: recorder,
    clock,
    logger,
    connections,
    certificates,
    origins: options.origins,
  });
  assert.ok(opened.ok);
  const transport = opened.value;
  const peers: { close(): void }[] = [];
  context.after(async () => {
    for (const peer of peers) peer.close();
    certificates?.close();
    await transport.close();
  });
  const url = `${options.isSecure === true ? "wss" : "ws"}://127.0.0.1:${transport.localPort}`;
  return {
    recorder,
    clock,
    connections,
    transport,
    url,
    connect: async () => {
      const peer = await WebSocketPeer.connect(url);
      peers.push(peer);
      return peer;
    },
    /** A TCP connection, on which the test says what it likes. */
    connectPlainly: async () => {
      const socket = connectTcp(transport.localPort, "127.0.0.1");
      const peer = TcpPeer.of(socket);
      peers.push(peer);
      await once(socket, "connect");
      return peer;
    },
  };
}

const request = (callId: string, body = "") =>
  optionsRequest({ transport: "WS", sentBy: "df7jal23ls0d.invalid", callId, body });

const handshake = [
  "GET / HTTP/1.1",
  "Host: divert.example",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Protocol: sip",
  "",
  "",
].join("\r\n");

for (const isSecure of [false, true]) {
  test(`what comes by a WebSocket is answered by it (${isSecure ? "WSS" : "WS"})`, async (context) => {
    const { recorder, transport, connect } = await start(context, { isSecure });
    const peer = await connect();
    assert.equal(peer.webSocket.protocol, "sip");
    peer.send(request("one"));
    const { message, flow } = await recorder.message(0);
    assert.equal(message.callId, "one");
    assert.deepEqual(
      [flow.protocol, flow.isReliable, flow.isOpen, flow.localAddress, flow.localPort, flow.remoteAddress],
      [isSecure ? "WSS" : "WS", true, true, "127.0.0.1", transport.localPort, "127.0.0.1"],
    );
    assert.equal(transport.flowTo(flow.remoteAddress, flow.remotePort), flow);
    flow.send(Buffer.from("answer"));
    flow.send(Buffer.from("another"));
    assert.deepEqual([await peer.message(0), await peer.message(1)], ["answer", "another"]);
  });
}

test("RFC 7118 §4.2, §5.1: each message is one SIP message, text or binary, with Content-Length or without", async (context) => {
  const { recorder, connect } = await start(context);
  const peer = await connect();
  peer.send(request("text").replace("Content-Length: 0\r\n", ""));
  peer.send(Buffer.from(request("binary", "v=0\r\n")));
  await recorder.message(1);
  assert.deepEqual(
    recorder.messages.map(({ message }) => [message.callId, message.body.toString()]),
    [
      ["text", ""],
      ["binary", "v=0\r\n"],
    ],
  );
  const flow = recorder.messages[0]?.flow;
  flow?.send(Buffer.from("naïve"));
  flow?.send(Buffer.from([0xff, 0xfe]));
  await peer.message(1);
  assert.deepEqual(
    peer.received.map(({ isBinary }) => isBinary),
    [false, true],
  );
});

test("a handshake without the subprotocol sip, or from another page, is refused; no WebSocket, no talk", async (context) => {
  const { url, transport, recorder } = await start(context, { origins: ["https://phone.example"] });
  await assert.rejects(WebSocketPeer.connect(url, {}, []), /400/);
  await assert.rejects(WebSocketPeer.connect(url, {}, ["xmpp"]), /400/);
  await assert.rejects(WebSocketPeer.connect(url, { origin: "https://evil.example" }), /403/);
  for (const origin of ["https://phone.example", "https://PHONE.example", undefined]) {
    const peer = await WebSocketPeer.connect(url, origin === undefined ? {} : { origin }, ["xmpp", "sip"]);
    peer.close();
  }
  const page = await fetch(`http://127.0.0.1:${transport.localPort}/`);
  assert.equal(page.status, 426);
  assert.equal(recorder.messages.length, 0);
});

test("RFC 5626 §4.4.1, RFC 7118 §6: CRLF CRLF is answered with CRLF, a ping of RFC 6455 with a pong", async (context) => {
  const { connect, recorder } = await start(context);
  const peer = await connect();
  peer.send("\r\n\r\n");
  assert.equal(await peer.message(0), "\r\n");
  const pong = once(peer.webSocket, "pong");
  peer.webSocket.ping("x");
  await pong;
  assert.equal(recorder.malformed.length, 0);
});

test("a phone is pinged every 30 s; one that does not answer within 10 s is gone", async (context) => {
  const { connect, clock, recorder, connections, connectPlainly } = await start(context);
  const peer = await connect();
  peer.send(request("one"));
  const { flow } = await recorder.message(0);
  const dead = await connectPlainly();
  dead.send(handshake);
  await dead.until("Sec-WebSocket-Accept");
  clock.advance(30_000);
  await peer.until(() => peer.pings === 1);
  await roundTrip(peer);
  assert.equal(connections.size, 2);
  clock.advance(10_000);
  await dead.whenClosed();
  assert.equal(flow.isOpen, true);
});

test("whoever does not finish the handshake, trickles a message, or says nothing is gone", async (context) => {
  const { connect, clock, recorder, connections, connectPlainly } = await start(context);
  const [silent, half] = [await connectPlainly(), await connectPlainly()];
  half.send(handshake.slice(0, 60));
  await until(() => connections.size === 2);
  clock.advance(10_000);
  await Promise.all([silent.whenClosed(), half.whenClosed()]);

  const trickling = await connectPlainly();
  trickling.send(handshake);
  await trickling.until("Sec-WebSocket-Accept");
  // A text of 100 octets is announced.
  trickling.send(Buffer.from([0x81, 0x80 | 100, 1, 2, 3, 4]));
  for (let second = 0; second < 20; second++) {
    trickling.send("x");
    await turns(3);
    clock.advance(1000);
  }
  assert.equal(trickling.isClosed, false);
  clock.advance(13_000);
  await trickling.whenClosed();

  const openedAt = clock.now();
  const quiet = await connect();
  await roundTrip(quiet);
  for (const waited of [30_000, 30_000, 30_000, 29_999]) {
    clock.advance(waited);
    if (waited === 30_000) await quiet.until(() => quiet.pings * 30_000 === clock.now() - openedAt);
    await roundTrip(quiet);
  }
  assert.equal(quiet.closed, undefined);
  clock.advance(1);
  await quiet.until(() => quiet.closed !== undefined);
  assert.equal(recorder.messages.length, 0);
});

test("what is too large or breaks the framing closes the WebSocket; what is no SIP does too", async (context) => {
  const { connect, connectPlainly, connections, recorder } = await start(context, {
    answers: { onMalformed: (failure, flow) => flow.send(Buffer.from(`${failure.status}`)) },
  });
  const large = await connect();
  large.send(Buffer.alloc(10_000_000, "x"));
  await large.until(() => large.closed !== undefined);
  assert.equal(large.closed, 1009);

  const unmasked = await connectPlainly();
  unmasked.send(handshake);
  await unmasked.until("Sec-WebSocket-Accept");
  unmasked.send(Buffer.from([0x81, 0x01, 0x41]));
  await unmasked.whenClosed();

  const noisy = await connect();
  noisy.send(request("bad").replace("CSeq: 1 OPTIONS", "CSeq: one"));
  assert.equal(await noisy.message(0), "400");
  noisy.send(request("good"));
  await recorder.message(0);
  noisy.send("GET / HTTP/1.1\r\n\r\n");
  await noisy.until(() => noisy.closed !== undefined);
  await recorder.until(() => connections.size === 0);
});

test("the caps hold before the handshake and after it", async (context) => {
  const { connect, connectPlainly, recorder } = await start(context, {
    connections: { perAddress: 2, total: 10 },
  });
  const silent = await connectPlainly();
  const first = await connect();
  first.send(request("first"));
  await recorder.message(0);
  const second = await connect();
  await silent.whenClosed();
  second.send(request("second"));
  await recorder.message(1);
  await assert.rejects(connect());
  assert.deepEqual([first.closed, second.closed], [undefined, undefined]);
});

test("a phone that is gone cannot be connected to, and who sends is told", async (context) => {
  const { connect, recorder, transport } = await start(context);
  const peer = await connect();
  peer.send(request("one"));
  const { flow } = await recorder.message(0);
  peer.webSocket.close();
  await recorder.until(() => recorder.closed.includes(flow));
  assert.equal(flow.isOpen, false);
  const again = transport.flowTo(flow.remoteAddress, flow.remotePort);
  const error = await new Promise<TransportError>((resolve) => again.send(Buffer.from("x"), resolve));
  assert.equal(error.detail, "a WebSocket is opened by its phone alone");
});

test("closing says so to each phone, flushes what was sent and leaves no timer", async (context) => {
  const { connect, connectPlainly, recorder, transport, clock } = await start(context);
  const peer = await connect();
  await connectPlainly();
  peer.send(request("one"));
  const { flow } = await recorder.message(0);
  flow.send(Buffer.from("farewell"));
  await Promise.all([transport.close(), transport.close()]);
  await peer.until(() => peer.closed !== undefined);
  assert.equal(await peer.message(0), "farewell");
  assert.equal(peer.closed, 1001);
  assert.deepEqual(recorder.closed, [flow]);
  assert.equal(clock.pending, 0);
});

/** What the peer sent before, its pongs too, has been taken in. */
async function roundTrip(peer: WebSocketPeer): Promise<void> {
  const next = peer.received.length;
  peer.send("\r\n\r\n");
  assert.equal(await peer.message(next), "\r\n");
}

/** Lets the event loop go round until something has come about. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turns(1);
}

/** Lets the event loop go round, for what must not happen. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
