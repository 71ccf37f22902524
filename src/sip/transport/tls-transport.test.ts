import assert from "node:assert/strict";
import { once } from "node:events";
import { copyFileSync, writeFileSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { connect as connectTls, createServer } from "node:tls";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { TcpPeer, optionsRequest } from "../../../test/support/socket-peers.ts";
import { TestCertificates, readPair } from "../../../test/support/test-certificates.ts";
import { TransportRecorder } from "../../../test/support/transport-recorder.ts";
import { type Logger, silentLogger } from "../../base/logger.ts";
import { Certificates } from "./certificates.ts";
import type { CertificateFiles } from "./certificates.ts";
import { ConnectionTable } from "./connection-table.ts";
import type { ConnectionLimits } from "./connection-table.ts";
import { ServerTrust } from "./server-trust.ts";
import type { StreamConnection } from "./stream-connection.ts";
import { openTlsTransport } from "./tls-transport.ts";
import type { Flow, TransportError } from "./transport.ts";

interface StartOptions {
  readonly files?: readonly CertificateFiles[];
  readonly connections?: ConnectionLimits;
  readonly logger?: Logger;
}

async function start(context: TestContext, options: StartOptions = {}) {
  const made = new TestCertificates(context);
  const files = options.files ?? [made.make("divert", "divert.example", "DNS:divert.example")];
  const recorder = new TransportRecorder();
  const clock = new FakeClock();
  const { logger = silentLogger } = options;
  const certificates = await Certificates.load(files, { clock, logger });
  assert.ok(certificates.ok);
  const trust = new ServerTrust();
  const connections = new ConnectionTable<StreamConnection>(options.connections);
  const opened = await openTlsTransport({
    address: "127.0.0.1",
    port: 0,
    user: recorder,
    clock,
    logger,
    connections,
    certificates: certificates.value,
    trust,
  });
  assert.ok(opened.ok);
  const transport = opened.value;
  const peers: TcpPeer[] = [];
  context.after(async () => {
    for (const peer of peers) peer.close();
    certificates.value.close();
    await transport.close();
  });
  const follow = (socket: ReturnType<typeof connectTcp>) => {
    const peer = TcpPeer.of(socket);
    peers.push(peer);
    return peer;
  };
  return {
    made,
    recorder,
    clock,
    certificates: certificates.value,
    trust,
    connections,
    transport,
    /** A TCP connection, on which the test says what it likes. */
    connectPlainly: async () => {
      const socket = connectTcp(transport.localPort, "127.0.0.1");
      const peer = follow(socket);
      await once(socket, "connect");
      return peer;
    },
    connect: async (tls: ConnectionOptions = {}) => {
      const socket = connectTls({
        ...tls,
        host: "127.0.0.1",
        port: transport.localPort,
        rejectUnauthorized: false,
      });
      const peer = follow(socket);
      await once(socket, "secureConnect");
      return { peer, socket };
    },
  };
}

/** A TLS server that a test scripts: a PBX. */
async function startPbx(context: TestContext, files: CertificateFiles) {
  const server = createServer(readPair(files));
  const peers: TcpPeer[] = [];
  const heard: string[] = [];
  server.on("secureConnection", (socket) => {
    peers.push(TcpPeer.of(socket));
    socket.on("data", (bytes: Buffer) => heard.push(bytes.toString("latin1")));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    for (const peer of peers) peer.close();
    server.close();
  });
  const next = async () => {
    const [socket] = (await once(server, "secureConnection")) as [TLSSocket];
    return { socket, peer: TcpPeer.of(socket) };
  };
  return { port: (server.address() as AddressInfo).port, next, heard };
}

const request = (callId: string) => optionsRequest({ transport: "TLS", callId });

const errorOf = (flow: Flow) =>
  new Promise<TransportError>((resolve) => flow.send(Buffer.from("secret"), resolve));

const commonNameOf = (socket: TLSSocket) => socket.getPeerCertificate().subject.CN;

test("what comes by a connection is answered by it", async (context) => {
  const { recorder, connect, transport } = await start(context);
  const { peer } = await connect();
  peer.send(request("one"));
  const { message, flow } = await recorder.message(0);
  assert.equal(message.callId, "one");
  assert.deepEqual(
    [flow.protocol, flow.isReliable, flow.localPort, flow.remoteAddress],
    ["TLS", true, transport.localPort, "127.0.0.1"],
  );
  flow.send(Buffer.from("answer"));
  await peer.until("answer");
});

test("RFC 8996: TLS 1.1 is refused, 1.2 and 1.3 are spoken", async (context) => {
  const { connect } = await start(context);
  const old = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
  await assert.rejects(connect(old), /alert protocol version/);
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    const { socket } = await connect({ minVersion: version, maxVersion: version });
    assert.equal(socket.getProtocol(), version);
  }
});

test("RFC 6066 §3: the certificate is that of the name the client asks for, else the first", async (context) => {
  const made = new TestCertificates(context);
  const files = [
    made.make("one", "one.example", "DNS:one.example"),
    made.make("two", "two.example", "DNS:two.example", "DNS:*.phones.example"),
  ];
  const { connect } = await start(context, { files });
  for (const [servername, commonName] of [
    ["one.example", "one.example"],
    ["TWO.example", "two.example"],
    ["desk.phones.example", "two.example"],
    ["else.example", "one.example"],
    ["", "one.example"],
  ] as const) {
    const { socket } = await connect({ servername });
    assert.equal(commonNameOf(socket), commonName, servername);
  }
});

test("certificates that change are shown from then on, and no connection breaks", async (context) => {
  const { made, certificates, clock, recorder, connect } = await start(context);
  const before = await connect();
  before.peer.send(request("before"));
  await recorder.message(0);
  const changed = new Promise<void>((resolve) => certificates.onChange(resolve));
  made.make("divert", "renewed.example", "DNS:divert.example");
  clock.advance(10_000);
  await changed;
  for (const servername of ["divert.example", ""]) {
    assert.equal(commonNameOf((await connect({ servername })).socket), "renewed.example");
  }
  before.peer.send(request("still-there"));
  await recorder.message(1);
});

test("files that cannot be used leave the old certificate in place, and are complained of once", async (context) => {
  const warnings: string[] = [];
  const logger = {
    ...silentLogger,
    warn: ({ reason }: { reason?: unknown }) => warnings.push(String(reason)),
  };
  const { made, certificates, connect } = await start(context, { logger });
  const other = made.make("other", "other.example");
  copyFileSync(other.key, `${made.folder}/divert.key`);
  await certificates.reload();
  await certificates.reload();
  assert.match(warnings.join("\n"), /^the key in .* is not that of the certificate in [^\n]*$/);
  assert.equal(commonNameOf((await connect()).socket), "divert.example");

  writeFileSync(`${made.folder}/divert.pem`, "half a certif");
  await certificates.reload();
  copyFileSync(other.certificate, `${made.folder}/divert.pem`);
  await certificates.reload();
  assert.equal(commonNameOf((await connect()).socket), "other.example");
});

test("whoever stops within the handshake is gone after 10 s, and counts like any other", async (context) => {
  const { clock, connections, connectPlainly, connect, recorder } = await start(context, {
    connections: { perAddress: 2, total: 10 },
  });
  const [silent, stopping] = [await connectPlainly(), await connectPlainly()];
  // The beginning of a ClientHello: a record's head and a little of what it announces.
  stopping.send(Buffer.from("1603010200010001fc0303", "hex"));
  await until(() => connections.size === 2);
  // The third displaces the oldest that has said nothing.
  const { peer } = await connect();
  await silent.whenClosed();
  peer.send(request("one"));
  await recorder.message(0);
  clock.advance(10_000);
  await stopping.whenClosed();
  await until(() => connections.size === 1);
  assert.equal(peer.isClosed, false);
});

test("a connection that trickles or is silent ends as one over TCP does", async (context) => {
  const { clock, connect, recorder } = await start(context);
  const [trickling, silent] = [(await connect()).peer, (await connect()).peer];
  trickling.send(`${request("one")}OPT`);
  await recorder.message(0);
  await turns(20);
  for (let second = 0; second < 31; second++) {
    trickling.send("I");
    clock.advance(1000);
    await turns(2);
  }
  assert.equal(trickling.isClosed, false);
  clock.advance(1000);
  await trickling.whenClosed();
  clock.advance(88_000);
  await silent.whenClosed();
});

test("noise and resets leave nothing behind", async (context) => {
  const { connections, connectPlainly, clock, transport } = await start(context);
  for (const [index, noise] of [
    "OPTIONS sip:a SIP/2.0\r\n\r\n",
    "\0".repeat(500),
    "\x16\x03\x01",
  ].entries()) {
    const peer = await connectPlainly();
    peer.send(noise);
    if (index === 2) peer.socket.resetAndDestroy();
    await peer.whenClosed();
  }
  await until(() => connections.size === 0);
  await transport.close();
  assert.equal(clock.pending, 1, "no timer but that of the certificates");
});

test("RFC 5922 §7.3: a server is believed whose certificate bears the name that was asked for", async (context) => {
  const { made, trust, transport } = await start(context);
  const files = made.make("pbx", "pbx", "DNS:pbx.example");
  const pbx = await startPbx(context, files);
  trust.set([{ hosts: ["pbx.example"], ca: files.certificate, verify: true }]);
  const accepted = pbx.next();
  const flow = transport.flowTo("127.0.0.1", pbx.port, "pbx.example");
  flow.send(Buffer.from("hello"));
  const { peer, socket } = await accepted;
  await peer.until("hello");
  assert.equal(socket.servername, "pbx.example");
  assert.equal(transport.flowTo("127.0.0.1", pbx.port, "PBX.example"), flow);
  // The address that the PBX's Contact may give is known by the name that led there.
  assert.equal(transport.flowTo("127.0.0.1", pbx.port), flow);
});

test("nobody else's certificate will do, and nothing is said before it was seen", async (context) => {
  const { made, trust, transport } = await start(context);
  const files = made.make("pbx", "pbx.example", "DNS:other.example");
  const pbx = await startPbx(context, files);
  const meet = (domain: string) => errorOf(transport.flowTo("127.0.0.1", pbx.port, domain));
  assert.match((await meet("other.example")).detail, /self-signed certificate/);
  trust.set([{ hosts: ["pbx.example"], ca: files.certificate, verify: true }]);
  assert.equal(
    (await meet("pbx.example")).detail,
    "the certificate is for other.example, not for pbx.example",
  );
  trust.set([{ hosts: ["pbx.example"], ca: "/nowhere/ca.pem", verify: true }]);
  assert.match((await meet("pbx.example")).detail, /authorities in \/nowhere\/ca.pem cannot be read/);
  trust.set([{ hosts: ["pbx.example"], ca: files.certificate, verify: true }]);
  const flow = transport.flowTo("127.0.0.1", pbx.port, "pbx.example");
  flow.send(Buffer.from("secret"));
  await transport.close();
  assert.deepEqual(pbx.heard, []);
});

test("a PBX with `verify: no` is believed whatever it shows, under its own name alone", async (context) => {
  const { made, trust, transport } = await start(context);
  const pbx = await startPbx(context, made.make("pbx", "whoever"));
  trust.set([{ hosts: ["pbx.example"], verify: false }]);
  const accepted = pbx.next();
  transport.flowTo("127.0.0.1", pbx.port, "pbx.example").send(Buffer.from("hello"));
  await (await accepted).peer.until("hello");
  const error = await errorOf(transport.flowTo("127.0.0.1", pbx.port, "other.example"));
  assert.match(error.detail, /self-signed/);
});

test("a server that does not finish the handshake is given up after 4 s", async (context) => {
  const { transport, clock } = await start(context);
  const silent = await startSilent(context);
  const accepted = once(silent, "connection");
  const failed = errorOf(
    transport.flowTo("127.0.0.1", (silent.address() as AddressInfo).port, "pbx.example"),
  );
  await accepted;
  await turns(5);
  clock.advance(4000);
  assert.deepEqual(await failed, { reason: "unreachable", detail: "no answer within 4 s" });
});

async function startSilent(context: TestContext) {
  const { createServer: createTcpServer } = await import("node:net");
  const server = createTcpServer((socket) => socket.on("error", () => undefined));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => server.close());
  return server;
}

/** Lets the event loop go round until something has come about. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turns(1);
}

/** Lets the event loop go round, for what must not happen. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
