/** CHECKS A10: keep-alives are answered as they should be, what is no SIP with silence, and neither fills the log. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { connect as connectSecurely } from "node:tls";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { TcpPeer, UdpPeer, optionsRequest } from "../support/socket-peers.ts";
import { TestCertificates } from "../support/test-certificates.ts";
import { WebSocketPeer } from "../support/websocket-peer.ts";

const noises: Readonly<Record<string, Buffer>> = {
  "a NUL": Buffer.from([0]),
  "a STUN binding request": Buffer.from(`000100002112a442${"0f".repeat(12)}`, "hex"),
  "an HTTP request": Buffer.from("GET / HTTP/1.1\r\nHost: divert.example\r\n\r\n"),
  "a TLS ClientHello": Buffer.from(`1603010200010001fc0303${"5a".repeat(501)}`, "hex"),
  "an RTP packet": Buffer.from(`800000010000a0000000beef${"d5".repeat(160)}`, "hex"),
  "random octets": Buffer.concat([Buffer.from([0xff]), randomBytes(1000)]),
};

const keepAlives: Readonly<Record<string, Buffer>> = {
  "nothing at all": Buffer.alloc(0),
  "a CRLF": Buffer.from("\r\n"),
  "two CRLFs": Buffer.from("\r\n\r\n"),
  "four NULs": Buffer.alloc(4),
};

const protocols = ["TCP", "TLS", "WS"] as const;
const times = 200;

let under: DivertUnderTest;
let removeCertificates = (): void => undefined;
const news: string[] = [];

before(async () => {
  const certificate = new TestCertificates({ after: (run) => (removeCertificates = run) }).make(
    "divert",
    "divert.example",
  );
  const onNews = (message: string) => news.push(message);
  under = await DivertUnderTest.start({ certificate, webSocket: true, onNews });
  news.length = 0;
});
after(async () => {
  // Thousands of pieces of noise, and not a word of it in the log, nor anything kept.
  assert.deepEqual(news, []);
  await under.leavesNothing();
  await under.close();
  removeCertificates();
});

interface Talk {
  readonly send: (bytes: Buffer) => unknown;
  /** All that came. */
  readonly heard: () => string;
  readonly isClosed: () => boolean;
  readonly close: () => void;
}

/** A connection of a stranger. */
async function open(protocol: (typeof protocols)[number]): Promise<Talk> {
  const { address, port } = under.at(protocol);
  const to = { localAddress: address, localPort: port };
  if (protocol === "WS") {
    const peer = await WebSocketPeer.connect(`ws://${address}:${port}`);
    return {
      send: (bytes) => peer.send(bytes),
      heard: () => peer.received.map(({ text }) => text).join(""),
      isClosed: () => peer.closed !== undefined,
      close: () => peer.close(),
    };
  }
  const peer = protocol === "TCP" ? await TcpPeer.connect(to) : await connectByTls(to);
  return {
    send: (bytes) => peer.send(bytes),
    heard: () => peer.text,
    isClosed: () => peer.isClosed,
    close: () => peer.close(),
  };
}

async function connectByTls({
  localAddress: host,
  localPort: port,
}: {
  localAddress: string;
  localPort: number;
}) {
  const socket = connectSecurely({ host, port, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  return TcpPeer.of(socket);
}

/** What came before the answer to an OPTIONS that is sent now: each connection has its own budget for them. */
async function heardBeforeAnswer(talk: Talk, protocol: string): Promise<string> {
  talk.send(Buffer.from(optionsRequest({ transport: protocol })));
  await under.passUntil(() => talk.heard().includes("SIP/2.0 200 OK"));
  return talk.heard().split("SIP/2.0 200 OK")[0] ?? "";
}

describe("by UDP", () => {
  for (const [name, bytes] of Object.entries({ ...noises, ...keepAlives })) {
    it(`${name}, ${times} times over, is met with silence, from a stranger and from the PBX`, async () => {
      const { address: localAddress, port: localPort } = under.udp;
      for (const address of [under.strangerAddress, under.address]) {
        const peer = await UdpPeer.open(address);
        for (let count = 0; count < times; count++) peer.send({ localAddress, localPort }, bytes);
        peer.send({ localAddress, localPort }, optionsRequest({ sentBy: `${address}:${peer.port}` }));
        assert.match(await peer.datagram(0), /^SIP\/2\.0 200 OK/);
        assert.equal(peer.received.length, 1);
        peer.close();
      }
    });
  }
});

for (const protocol of protocols) {
  describe(`by ${protocol}`, () => {
    for (const [name, bytes] of Object.entries(noises)) {
      // A WebSocket's NUL is a keep-alive, as a datagram's is: it has a length and breaks no framing.
      if (protocol === "WS" && name === "a NUL") continue;
      it(`${name} closes the connection without a word of SIP`, async () => {
        for (let count = 0; count < times / 10; count++) {
          const talk = await open(protocol);
          talk.send(bytes);
          await under.passUntil(() => talk.isClosed());
          assert.equal(talk.heard(), "");
        }
      });
    }

    it("CRLF CRLF is answered with one CRLF, and a single CRLF with nothing", async () => {
      const talk = await open(protocol);
      talk.send(Buffer.from("\r\n\r\n"));
      await under.passUntil(() => talk.heard() === "\r\n");
      talk.send(Buffer.from("\r\n"));
      assert.equal(await heardBeforeAnswer(talk, protocol), "\r\n");
      talk.close();
    });

    it("a million CRLFs in a burst are answered with few, and the next request too", async () => {
      const talk = await open(protocol);
      for (let count = 0; count < 10; count++) talk.send(Buffer.from("\r\n".repeat(100_000)));
      const pongs = await heardBeforeAnswer(talk, protocol);
      assert.match(pongs, /^(\r\n)+$/);
      assert.ok(pongs.length < 5000, `${pongs.length} octets`);
      talk.close();
    });
  });
}

describe("at TLS's port", () => {
  it("what is no TLS is closed without a word of SIP", async () => {
    const { address: localAddress, port: localPort } = under.at("TLS");
    for (const bytes of Object.values(noises)) {
      const peer = await TcpPeer.connect({ localAddress, localPort });
      peer.send(bytes);
      peer.send(optionsRequest({ transport: "TLS" }));
      await under.passUntil(() => peer.isClosed);
      assert.doesNotMatch(peer.text, /SIP/);
    }
  });
});
