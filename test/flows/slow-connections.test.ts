/** CHECKS A08: connections that trickle, say nothing or stop in a handshake go in time, and hold nobody else up. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { type TestContext, describe, it } from "node:test";
import { connect as connectSecurely } from "node:tls";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { place } from "../support/placed-call.ts";
import type { RawPeer } from "../support/raw-peer.ts";
import { TestCertificates } from "../support/test-certificates.ts";

/** As many connections from one address. */
class Crowd {
  readonly sockets: Socket[] = [];
  closed = 0;

  /** Resolves when all of them are open; with TLS after the handshake. */
  static async open(
    under: DivertUnderTest,
    protocol: "TCP" | "TLS",
    count: number,
    address = loopbackAddress(),
  ): Promise<Crowd> {
    const crowd = new Crowd();
    for (let index = 0; index < count; index++) await crowd.join(under, protocol, address);
    return crowd;
  }

  async join(under: DivertUnderTest, protocol: "TCP" | "TLS", localAddress: string): Promise<Socket> {
    const { address: host, port } = under.at(protocol);
    const plain = connect({ host, port, localAddress });
    this.follow(plain);
    await once(plain, "connect");
    if (protocol === "TCP") return plain;
    const secure = connectSecurely({ socket: plain, rejectUnauthorized: false });
    secure.on("error", () => undefined);
    await once(secure, "secureConnect");
    this.sockets[this.sockets.length - 1] = secure;
    return secure;
  }

  follow(socket: Socket): void {
    this.sockets.push(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.closed++);
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}

/** TLS costs more to open, so there are fewer of them. */
const crowdOf = { TCP: 1000, TLS: 200 };

for (const protocol of ["TCP", "TLS"] as const) {
  describe(`${crowdOf[protocol]} connections by ${protocol}`, () => {
    async function start(test: TestContext) {
      const certificate = new TestCertificates(test).make("divert", "divert.example");
      const under = await DivertUnderTest.start({
        certificate,
        rules: { "101": { "always/all": "102" } },
      });
      test.after(() => under.close());
      const others = [
        await under.raw("UDP", { address: under.strangerAddress }),
        await under.raw("TCP", { address: under.strangerAddress }),
        await under.raw("UDP"),
      ];
      const crowd = await Crowd.open(under, protocol, crowdOf[protocol]);
      test.after(() => crowd.close());
      return { under, others, crowd };
    }

    it("that send an octet each second are closed 32 s after their first", async (test) => {
      const { under, others, crowd } = await start(test);
      const message = "OPTIONS sip:nobody@divert.example SIP/2.0";
      for (let second = 0; second < 31; second++) {
        for (const socket of crowd.sockets) socket.write(message.charAt(second));
        await answered(others);
        await under.pass(1000);
      }
      assert.equal(crowd.closed, 0);
      await under.pass(2000);
      await under.passUntil(() => crowd.closed === crowd.sockets.length);
      await goesOn(under, others);
    });

    it("that say nothing are closed after 120 s", async (test) => {
      const { under, others, crowd } = await start(test);
      await under.pass(119_000);
      await answered(others);
      assert.equal(crowd.closed, 0);
      await under.pass(2000);
      await under.passUntil(() => crowd.closed === crowd.sockets.length);
      await goesOn(under, others);
    });
  });
}

describe("what stops in TLS's handshake", () => {
  it("after the ClientHello, in it, or before it, is closed after 10 s", async (test) => {
    const certificate = new TestCertificates(test).make("divert", "divert.example");
    const under = await DivertUnderTest.start({ certificate, rules: { "101": { "always/all": "102" } } });
    test.after(() => under.close());
    const crowd = new Crowd();
    test.after(() => crowd.close());
    const { address: host, port } = under.at("TLS");
    for (let index = 0; index < 300; index++) {
      const socket = connect({ host, port, localAddress: under.strangerAddress });
      crowd.follow(socket);
      // Else it would not notice that it is closed.
      socket.resume();
      await once(socket, "connect");
      if (index % 3 === 0) sayHello(socket);
      // A record's head and a little of what it announces.
      else if (index % 3 === 1) socket.write(Buffer.from("1603010200010001fc0303", "hex"));
    }
    await under.pass(9500);
    assert.equal(crowd.closed, 0);
    await under.pass(1000);
    await under.passUntil(() => crowd.closed === crowd.sockets.length);
    await goesOn(under, [await under.raw("UDP")]);
  });
});

describe("one address that opens 1,100 connections", () => {
  it("has 1,000 at a time, and displaces its own silent ones, not who has spoken, nor others", async (test) => {
    const under = await DivertUnderTest.start({ rules: { "101": { "always/all": "102" } } });
    test.after(() => under.close());
    const address = loopbackAddress();
    const elsewhere = await Crowd.open(under, "TCP", 5);
    const spoken = await under.rawTcp({ address });
    await spoken.probe();
    const crowd = await Crowd.open(under, "TCP", 1099, address);
    test.after(() => [elsewhere, crowd].forEach((each) => each.close()));
    await under.passUntil(() => crowd.closed >= 100);
    const newcomer = await under.rawTcp({ address });
    await newcomer.probe();
    await under.passUntil(() => crowd.closed >= 101);
    await spoken.probe();
    assert.deepEqual([crowd.closed, elsewhere.closed], [101, 0]);
    assert.ok(
      crowd.sockets.slice(0, 101).every(({ destroyed }) => destroyed),
      "the oldest went",
    );
    await goesOn(under, [await under.raw("UDP")]);
  });
});

/** Sends a whole ClientHello, and nothing after it whatever is answered. */
function sayHello(socket: Socket): void {
  const mouth = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      socket.write(chunk);
      done();
    },
  });
  connectSecurely({ socket: mouth, rejectUnauthorized: false }).on("error", () => undefined);
}

async function answered(others: readonly RawPeer[]): Promise<void> {
  for (const peer of others) await peer.probe();
}

/** Everybody else is answered, calls are forwarded, and nothing is left. */
async function goesOn(under: DivertUnderTest, others: readonly RawPeer[]): Promise<void> {
  await answered(others);
  const pbx = await under.raw("UDP");
  assert.deepEqual((await place(pbx, { requestUri: under.contact("101") })).statuses, [302]);
  await under.leavesNothing();
}
