import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { TcpPeer, optionsRequest } from "../../../test/support/socket-peers.ts";
import { TransportRecorder } from "../../../test/support/transport-recorder.ts";
import { silentLogger } from "../../base/logger.ts";
import { ConnectionTable } from "./connection-table.ts";
import type { ConnectionLimits } from "./connection-table.ts";
import type { StreamConnection, StreamLimits } from "./stream-connection.ts";
import { openTcpTransport } from "./tcp-transport.ts";
import type { Flow, TransportError, TransportUser } from "./transport.ts";

interface StartOptions {
  readonly address?: string;
  readonly connections?: ConnectionLimits;
  readonly limits?: Partial<StreamLimits>;
  readonly answers?: Partial<TransportUser>;
}

async function start(context: TestContext, options: StartOptions = {}) {
  const recorder = new TransportRecorder(options.answers);
  const clock = new FakeClock();
  const connections = new ConnectionTable<StreamConnection>(options.connections);
  const common = { port: 0, user: recorder, clock, logger: silentLogger, connections };
  const limits = options.limits === undefined ? undefined : { limits: options.limits };
  const opened = await openTcpTransport({ ...common, address: options.address ?? "127.0.0.1", ...limits });
  assert.ok(opened.ok);
  const transport = opened.value;
  const peers: TcpPeer[] = [];
  context.after(async () => {
    for (const peer of peers) peer.close();
    await transport.close();
  });
  const connect = async () => {
    const peer = await TcpPeer.connect(transport);
    peers.push(peer);
    return peer;
  };
  return { transport, recorder, clock, connections, connect };
}

/** A server that a test scripts; `next` is the connection it takes up next. */
async function startServer(context: TestContext) {
  const server = createServer();
  const sockets: Socket[] = [];
  server.on("connection", (socket) => sockets.push(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const next = async () => {
    const [socket] = (await once(server, "connection")) as [Socket];
    return TcpPeer.of(socket);
  };
  return { port: (server.address() as AddressInfo).port, next };
}

const errorOf = (flow: Flow, bytes = "x") =>
  new Promise<TransportError>((resolve) => flow.send(Buffer.from(bytes), resolve));

const request = (callId: string, body = "") => optionsRequest({ transport: "TCP", callId, body });
const callIds = (recorder: TransportRecorder) => recorder.messages.map(({ message }) => message.callId);

for (const address of ["127.0.0.1", "::1"]) {
  test(`what comes by a connection is answered by it (${address})`, async (context) => {
    const { transport, recorder, connect } = await start(context, { address });
    const peer = await connect();
    peer.send(request("one"));
    const { message, flow } = await recorder.message(0);
    assert.equal(message.callId, "one");
    assert.deepEqual(
      [flow.protocol, flow.isReliable, flow.isOpen, flow.localAddress, flow.localPort, flow.remoteAddress],
      ["TCP", true, true, address, transport.localPort, address],
    );
    assert.equal(flow.remotePort, peer.socket.localPort);
    assert.equal(transport.flowTo(flow.remoteAddress, flow.remotePort), flow);
    flow.send(Buffer.from("answer"));
    await peer.until("answer");
  });
}

test("messages are cut from the stream in their order, however it is cut into segments", async (context) => {
  const { recorder, connect } = await start(context);
  const peer = await connect();
  peer.send(Array.from({ length: 100 }, (_, index) => request(`call-${index}`, "v=0\r\n")).join(""));
  await recorder.message(99);
  assert.deepEqual(
    callIds(recorder),
    Array.from({ length: 100 }, (_, index) => `call-${index}`),
  );
  const text = request("in-pieces", "v=0\r\n");
  for (const octet of Buffer.from(text)) {
    peer.send(Buffer.of(octet));
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal((await recorder.message(100)).message.callId, "in-pieces");
});

test("RFC 5626 §4.4.1: a ping is answered with one CRLF, a flood of pings with few", async (context) => {
  const { recorder, connect } = await start(context);
  const peer = await connect();
  peer.send("\r\n\r\n");
  assert.equal(await peer.until("\r\n"), "\r\n");
  peer.send("\r\n".repeat(1_000_000));
  peer.send(request("after"));
  await recorder.message(0);
  assert.ok(peer.text.length < 10_000, `${peer.text.length} bytes of pongs`);
});

test("a message that never ends closes its connection 32 s after it began, however it trickles", async (context) => {
  const { recorder, clock, connect } = await start(context);
  const peer = await connect();
  peer.send(request("whole"));
  await recorder.message(0);
  peer.send(`${request("second")}OPTIONS sip:never`);
  await recorder.message(1);
  clock.advance(20_000);
  peer.send("ending\r\nVia:");
  await turns(20);
  assert.equal(peer.isClosed, false);
  clock.advance(12_000);
  await peer.whenClosed();
  await recorder.until(() => recorder.closed.length === 1);
});

test("a connection that never carries a valid message closes after 120 s, one that has carried one stays", async (context) => {
  const { recorder, clock, connections, connect } = await start(context);
  const [silent, speaking] = [await connect(), await connect()];
  speaking.send(request("one"));
  await recorder.message(0);
  await turns(5);
  assert.equal(connections.size, 2);
  clock.advance(119_999);
  await turns(5);
  assert.equal(silent.isClosed, false);
  clock.advance(1);
  await silent.whenClosed();
  clock.advance(3_600_000);
  await turns(5);
  assert.equal(speaking.isClosed, false);
});

test("what breaks the framing is told with what a 400 needs; the answer goes out before the connection closes", async (context) => {
  const { recorder, connections, connect } = await start(context, {
    answers: {
      onMalformed: (failure, flow) => flow.send(Buffer.from(`${failure.status} ${failure.reason}`)),
    },
  });
  const peer = await connect();
  peer.send(request("one").replace("Content-Length: 0", "Content-Length: five"));
  await peer.whenClosed();
  assert.match(peer.text, /^400 Content-Length/);
  await recorder.until(() => connections.size === 0);
  assert.equal(recorder.closed.length, 1);
});

test("a head without end is cut off at the limit", async (context) => {
  const { recorder, clock, connect } = await start(context);
  const peer = await connect();
  const filler = Buffer.alloc(64 * 1024, "X");
  peer.send("OPTIONS sip:a SIP/2.0\r\nX: ");
  for (let count = 0; count < 4; count++) peer.send(filler);
  await recorder.until(() => recorder.malformed.length > 0);
  clock.advance(2000);
  await peer.whenClosed();
});

test("a connection that is asked for is opened once, used by all, and told closed when the peer goes", async (context) => {
  const { transport, recorder } = await start(context);
  const server = await startServer(context);
  const accepted = server.next();
  const flow = transport.flowTo("127.0.0.1", server.port);
  assert.equal(flow.isOpen, true);
  assert.equal(transport.flowTo("127.0.0.1", server.port), flow);
  flow.send(Buffer.from("one "));
  flow.send(Buffer.from("two"));
  const peer = await accepted;
  await peer.until("one two");
  assert.equal(flow.localPort, peer.socket.remotePort);

  peer.send(request("back"));
  assert.equal((await recorder.message(0)).flow, flow);
  peer.socket.end();
  await recorder.until(() => recorder.closed.length === 1);
  assert.equal(recorder.closed[0], flow);
  assert.equal(flow.isOpen, false);
  assert.equal((await errorOf(flow)).reason, "closed");
  const again = server.next();
  assert.notEqual(transport.flowTo("127.0.0.1", server.port), flow);
  await again;
});

test("a peer that refuses is told as such to each that sent", async (context) => {
  const { transport, recorder } = await start(context);
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  const flow = transport.flowTo("127.0.0.1", port);
  const errors = await Promise.all([errorOf(flow), errorOf(flow)]);
  assert.deepEqual(
    errors.map(({ reason }) => reason),
    ["refused", "refused"],
  );
  await recorder.until(() => recorder.closed.length === 1);
});

test("addresses that lead nowhere are told, and nothing is thrown", async (context) => {
  const { transport } = await start(context);
  for (const [address, port, reason] of [
    ["127.0.0.1", 0, "failed"],
    ["127.0.0.1", 70_000, "failed"],
    ["pbx.example", 5060, "failed"],
  ] as const) {
    const flow = transport.flowTo(address, port);
    assert.equal(flow.isOpen, false);
    assert.equal((await errorOf(flow)).reason, reason);
    flow.send(Buffer.from("nobody asks"));
  }
  // Bound to an IPv4 address, the socket cannot reach an IPv6 one.
  assert.equal((await errorOf(transport.flowTo("::1", 5060))).reason, "failed");
});

test("a connection that is not taken up is given up after 4 s", async (context) => {
  const { transport, clock } = await start(context);
  // Until the event loop turns, a new connection is as good as one to a host that is silent.
  const server = await startServer(context);
  const flow = transport.flowTo("127.0.0.1", server.port);
  const failed = errorOf(flow);
  clock.advance(4000);
  assert.deepEqual(await failed, { reason: "unreachable", detail: "no answer within 4 s" });
});

test("a connection that we opened is pinged; a peer that has answered one and then does not is gone", async (context) => {
  const { transport, clock, recorder } = await start(context);
  const server = await startServer(context);
  const accepted = server.next();
  const flow = transport.flowTo("127.0.0.1", server.port);
  flow.send(Buffer.from("first "));
  const peer = await accepted;
  await peer.until("first ");
  clock.advance(30_000);
  await peer.until("first \r\n\r\n");
  // A peer that does not know pings stays connected.
  clock.advance(30_000);
  await peer.until("\r\n\r\n\r\n\r\n");
  assert.equal(flow.isOpen, true);

  peer.send(`\r\n${request("after-the-pong")}`);
  await recorder.message(0);
  clock.advance(30_000);
  assert.equal(flow.isOpen, true);
  clock.advance(10_000);
  await peer.whenClosed();
  assert.equal(flow.isOpen, false);
});

test("a connection by which nothing came for as long as an answer was waited for is given up, another is not", async (context) => {
  const { recorder, connect, clock } = await start(context);
  const peer = await connect();
  peer.send(request("one"));
  const { flow } = await recorder.message(0);
  clock.advance(31_999);
  flow.suspect?.();
  assert.equal(flow.isOpen, true);
  peer.send("\r\n\r\n");
  await peer.until("\r\n");
  clock.advance(1);
  flow.suspect?.();
  assert.equal(flow.isOpen, true);
  clock.advance(32_000);
  flow.suspect?.();
  assert.equal(flow.isOpen, false);
  await recorder.until(() => recorder.closed.length === 1);
});

test("a peer that does not read is cut off once too much waits for it", async (context) => {
  const { recorder, connect } = await start(context, { limits: { unsentBytes: 100_000 } });
  const peer = await connect();
  peer.send(request("one"));
  const { flow } = await recorder.message(0);
  peer.socket.pause();
  const error = await new Promise<TransportError>((resolve) => {
    for (let count = 0; count < 3; count++) flow.send(Buffer.alloc(50_000), resolve);
  });
  assert.equal(error.reason, "overflow");
  await recorder.until(() => recorder.closed.length === 1);
  flow.send(Buffer.from("to a closed socket"));
});

test("a peer that leaves unread what waits for it is cut off after 32 s", async (context) => {
  const { recorder, clock, connect } = await start(context, { limits: { unsentBytes: 64_000_000 } });
  const peer = await connect();
  peer.send(request("one"));
  const { flow } = await recorder.message(0);
  peer.socket.pause();
  flow.send(Buffer.alloc(32_000_000));
  await turns(5);
  clock.advance(32_000);
  await recorder.until(() => recorder.closed.length === 1);
});

test("the caps hold: one that says nothing makes room for a newcomer, ones that have spoken do not", async (context) => {
  const { recorder, connect } = await start(context, { connections: { perAddress: 2, total: 10 } });
  const [silent, first] = [await connect(), await connect()];
  first.send(request("first"));
  await recorder.message(0);
  const second = await connect();
  await silent.whenClosed();
  second.send(request("second"));
  await recorder.message(1);
  const third = await connect();
  await third.whenClosed();
  assert.deepEqual([first.isClosed, second.isClosed], [false, false]);
});

test("connections cut in the middle of anything leave nothing behind", async (context) => {
  const { recorder, clock, connections, connect } = await start(context, {
    answers: {
      onMessage: (_message, flow) => {
        setImmediate(() => flow.send(Buffer.from("SIP/2.0 200 OK\r\n\r\n")));
      },
    },
  });
  for (let round = 0; round < 50; round++) {
    const peer = await connect();
    peer.send(request("cut").slice(0, 20 + 10 * round));
    if (round % 2 === 0) peer.socket.resetAndDestroy();
    else peer.socket.end();
  }
  await recorder.until(() => connections.size === 0);
  assert.equal(clock.pending, 0);
});

test("closing tells every connection, flushes what was sent, and can be done twice", async (context) => {
  const { transport, recorder, clock, connect } = await start(context);
  const peer = await connect();
  peer.send(request("one"));
  const { flow } = await recorder.message(0);
  flow.send(Buffer.from("farewell"));
  await Promise.all([transport.close(), transport.close()]);
  await peer.whenClosed();
  assert.equal(peer.text, "farewell");
  assert.deepEqual(recorder.closed, [flow]);
  assert.equal(clock.pending, 0);
  assert.equal((await errorOf(transport.flowTo("127.0.0.1", 5060))).reason, "closed");
});

test("a port that is taken is a failure that says so", async (context) => {
  const { transport, recorder, clock, connections } = await start(context);
  const again = await openTcpTransport({
    address: "127.0.0.1",
    port: transport.localPort,
    user: recorder,
    clock,
    logger: silentLogger,
    connections,
  });
  assert.deepEqual(again, { ok: false, failure: "another program already uses this port" });
});

/** Lets the event loop go round, for what must not happen. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
