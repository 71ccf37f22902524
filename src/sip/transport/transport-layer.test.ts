import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { TcpPeer, UdpPeer, optionsRequest } from "../../../test/support/socket-peers.ts";
import { TransportRecorder } from "../../../test/support/transport-recorder.ts";
import type { LogFields, Logger } from "../../base/logger.ts";
import { silentLogger } from "../../base/logger.ts";
import { parseListeningPoint } from "./listening-point.ts";
import { TransportLayer } from "./transport-layer.ts";
import type { Transport, TransportUser } from "./transport.ts";

async function start(
  context: TestContext,
  points: readonly string[],
  options: { answers?: Partial<TransportUser>; logger?: Logger } = {},
) {
  const recorder = new TransportRecorder(options.answers);
  const layer = new TransportLayer({
    clock: new FakeClock(),
    logger: options.logger ?? silentLogger,
    user: recorder,
  });
  context.after(() => layer.close());
  const transports: Transport[] = [];
  for (const text of points) {
    const opened = await layer.listen(pointOf(text));
    assert.ok(opened.ok, text);
    transports.push(opened.value);
  }
  const [first] = transports;
  assert.ok(first !== undefined);
  return { layer, recorder, transports, transport: first };
}

function pointOf(text: string) {
  const point = parseListeningPoint(text);
  assert.ok(point.ok, text);
  return point.value;
}

async function udpPeer(context: TestContext) {
  const peer = await UdpPeer.open();
  context.after(() => peer.close());
  return peer;
}

const response = (sentBy: string) =>
  optionsRequest({ sentBy, viaParameters: "" }).replace(
    "OPTIONS sip:divert.example SIP/2.0",
    "SIP/2.0 200 OK",
  );

test("a request is handed up with its topmost Via completed, and is answered by the port it came from", async (context) => {
  const { layer, recorder, transport } = await start(context, ["udp://127.0.0.1:0"]);
  const peer = await udpPeer(context);
  peer.send(transport, optionsRequest());
  const { message, flow } = await recorder.message(0);
  const via = message.topVia;
  assert.ok(via !== undefined);
  assert.deepEqual([via.received, via.rport], ["127.0.0.1", peer.port]);
  assert.equal(layer.responseFlow(via, flow), flow);
});

test("without rport the response goes to the port of sent-by, from the socket the request came to", async (context) => {
  const { layer, recorder, transport } = await start(context, ["udp://127.0.0.1:0", "udp://127.0.0.1:0"]);
  const [sender, listener] = [await udpPeer(context), await udpPeer(context)];
  sender.send(transport, optionsRequest({ sentBy: `127.0.0.1:${listener.port}`, viaParameters: "" }));
  const { message, flow } = await recorder.message(0);
  assert.ok(message.topVia !== undefined);
  const back = layer.responseFlow(message.topVia, flow);
  assert.deepEqual([back.remotePort, back.localPort], [listener.port, transport.localPort]);
  back.send(Buffer.from("answer"));
  assert.equal(await listener.datagram(0), "answer");
});

test("a response goes by the connection of its request, and by a new one when that has closed", async (context) => {
  const { layer, recorder, transport, transports } = await start(context, [
    "tcp://127.0.0.1:0",
    "tcp://127.0.0.1:0",
  ]);
  const peer = await TcpPeer.connect(transport);
  context.after(() => peer.close());
  const [, listener] = transports;
  assert.ok(listener !== undefined);
  peer.send(optionsRequest({ transport: "TCP", sentBy: `127.0.0.1:${listener.localPort}` }));
  const { message, flow } = await recorder.message(0);
  assert.ok(message.topVia !== undefined);
  assert.equal(layer.responseFlow(message.topVia, flow), flow);
  peer.close();
  await recorder.until(() => recorder.closed.includes(flow));
  const back = layer.responseFlow(message.topVia, flow);
  assert.deepEqual([back.isOpen, back.remotePort], [true, listener.localPort]);
});

test("a malformed request is handed up with its Via completed too, so that a 400 finds its way", async (context) => {
  const { layer, recorder, transport } = await start(context, ["udp://127.0.0.1:0"]);
  const peer = await udpPeer(context);
  peer.send(transport, optionsRequest().replace("CSeq: 1 OPTIONS", "CSeq: 1 INVITE"));
  await recorder.until(() => recorder.malformed.length > 0);
  assert.equal(recorder.malformed[0]?.failure.respondable?.topVia?.rport, peer.port);
  assert.equal(layer.counts().malformed, 1);
});

test("a response is handed up only when its topmost Via is ours", async (context) => {
  const { layer, recorder, transport } = await start(context, ["udp://127.0.0.1:0?advertise=divert.example"]);
  const peer = await udpPeer(context);
  peer.send(transport, response("192.0.2.1:5060"));
  peer.send(transport, response(`127.0.0.1:${transport.localPort + 1}`));
  peer.send(transport, response(`divert.example:${transport.localPort}`));
  peer.send(transport, response(`127.0.0.1:${transport.localPort}`));
  await recorder.message(1);
  assert.deepEqual(
    recorder.messages.map(({ message }) => message.topVia?.host),
    ["divert.example", "127.0.0.1"],
  );
  assert.deepEqual(layer.counts(), { messages: 4, malformed: 0, foreignResponses: 2, connections: 0 });
});

test("what we write of ourselves is the address by which the other end reaches us", async (context) => {
  const { layer, transports } = await start(context, [
    "udp://0.0.0.0:0",
    "udp://[::1]:0",
    "tcp://127.0.0.1:0",
    "tcp://[::1]:0?advertise=sip.example.com",
  ]);
  const [udp4, udp6, tcp4, tcp6] = transports.map(({ localPort }) => localPort);
  for (const [protocol, address, sentBy] of [
    ["UDP", "127.0.0.1", { protocol: "UDP", host: "127.0.0.1", port: udp4, isAdvertised: false }],
    ["UDP", "::1", { protocol: "UDP", host: "[::1]", port: udp6, isAdvertised: false }],
    ["TCP", "127.0.0.1", { protocol: "TCP", host: "127.0.0.1", port: tcp4, isAdvertised: false }],
    ["TCP", "::1", { protocol: "TCP", host: "sip.example.com", port: tcp6, isAdvertised: true }],
  ] as const) {
    const flow = layer.flowTo({ protocol, address, port: 5060 });
    assert.ok(flow !== undefined);
    assert.deepEqual(layer.viaFor(flow), sentBy, `${protocol} ${address}`);
  }
  assert.deepEqual(layer.protocols, ["UDP", "TCP"]);
});

test("where no listening point fits there is no flow", async (context) => {
  const { layer } = await start(context, ["udp://127.0.0.1:0"]);
  assert.equal(layer.flowTo({ protocol: "TCP", address: "127.0.0.1", port: 5060 }), undefined);
  assert.equal(layer.flowTo({ protocol: "UDP", address: "::1", port: 5060 }), undefined);
});

test("of several listening points the one is taken from which the address is reached", async (context) => {
  const { layer, transports } = await start(context, [
    "udp://127.0.0.2:0",
    "udp://127.0.0.1:0",
    "udp://0.0.0.0:0",
  ]);
  const ports = transports.map(({ localPort }) => localPort);
  const portToward = (address: string) => layer.flowTo({ protocol: "UDP", address, port: 5060 })?.localPort;
  assert.equal(portToward("127.0.0.1"), ports[1]);
  assert.equal(portToward("192.0.2.1"), ports[2]);
});

test("a host is ours when a listening point is bound or advertised there", async (context) => {
  const { layer, transports } = await start(context, [
    "udp://127.0.0.1:0?advertise=SIP.example.com",
    "udp://[::]:0",
  ]);
  const [ipv4, ipv6] = transports;
  assert.ok(ipv4 !== undefined && ipv6 !== undefined);
  for (const [host, port, isOwn] of [
    ["127.0.0.1", ipv4.localPort, true],
    ["127.0.0.1", undefined, true],
    ["127.0.0.1", ipv6.localPort, false],
    ["sip.example.com", ipv4.localPort, true],
    ["sip.example.com", 1, false],
    ["[::1]", ipv6.localPort, true],
    ["127.0.0.9", undefined, false],
    ["pbx.example", undefined, false],
  ] as const) {
    assert.equal(layer.isOwnAddress(host, port), isOwn, `${host} ${port}`);
  }
});

test("a listening point that cannot be opened is a sentence", async (context) => {
  const { layer, transport } = await start(context, ["udp://127.0.0.1:0"]);
  assert.deepEqual(await layer.listen(pointOf(`udp://127.0.0.1:${transport.localPort}`)), {
    ok: false,
    failure: `udp://127.0.0.1:${transport.localPort} cannot be opened: another program already uses this port`,
  });
  const certificate = await layer.listen(pointOf("wss://127.0.0.1:5061?cert=/nowhere/cert.pem"));
  assert.match(
    certificate.ok ? "" : certificate.failure,
    /^wss:.* cannot be opened: \/nowhere\/cert.pem cannot be used: ENOENT/,
  );
});

test("a fault in what is above costs the one message, and is logged with its Call-ID", async (context) => {
  const logged: LogFields[] = [];
  const logger: Logger = { ...silentLogger, error: (fields) => logged.push(fields) };
  const answers = {
    onMessage: () => {
      if (logged.length === 0) throw new Error("a bug");
    },
  };
  const { recorder, transport } = await start(context, ["udp://127.0.0.1:0"], { answers, logger });
  const peer = await udpPeer(context);
  peer.send(transport, optionsRequest({ callId: "first" }));
  peer.send(transport, optionsRequest({ callId: "second" }));
  await recorder.message(1);
  assert.deepEqual(
    logged.map(({ callId }) => callId),
    ["first"],
  );
});

test("closing closes every listening point, and can be done twice", async (context) => {
  const { layer, transports } = await start(context, ["udp://127.0.0.1:0", "tcp://127.0.0.1:0"]);
  const flow = layer.flowTo({ protocol: "UDP", address: "127.0.0.1", port: 5060 });
  await Promise.all([layer.close(), layer.close()]);
  assert.equal(flow?.isOpen, false);
  assert.equal(transports.length, 2);
});
