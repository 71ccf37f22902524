/** CHECKS A01 to A03: the torture messages of RFC 4475 and RFC 5118 at a whole server, one by one, each followed by a probe. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { place, responsesIn } from "../support/placed-call.ts";
import type { RawPeer } from "../support/raw-peer.ts";
import { rfc4475 } from "../vectors/rfc4475.ts";
import { rfc5118 } from "../vectors/rfc5118.ts";
import type { Vector } from "../vectors/vector.ts";

/** Answers go where the topmost Via says: to the port that stands there, of the address that the message came from. */
const viaPorts = [5050, 5070, 6050, 19823];
const defaultPort = 5060;

/** Two requests in one datagram or segment: the first is what the datagram says, a stream has both. */
const twoInOne = "dblreq";

function check(vector: Vector, statuses: readonly number[], requests = 1): void {
  const { answers, maySayNothing } = vector;
  assert.ok(statuses.length <= requests, `answered ${statuses.join(", ")}`);
  for (const status of statuses) assert.ok(answers.includes(status), `answered ${status}`);
  if (statuses.length === 0) assert.ok(maySayNothing || answers.length === 0, "not answered");
}

describe("the 49 messages of RFC 4475 by UDP", () => {
  let under: DivertUnderTest;
  before(async () => {
    under = await DivertUnderTest.start({ rules: { "101": { "always/all": "102" } } });
  });
  after(() => under.close());

  for (const who of ["the PBX", "a stranger"] as const) {
    describe(`from ${who}`, () => {
      let peer: RawPeer;
      before(async () => {
        const address = who === "the PBX" ? under.address : under.strangerAddress;
        const raw = await under.rawUdp({ address, port: defaultPort });
        for (const port of viaPorts) await raw.alsoAt(port);
        peer = raw;
      });
      for (const vector of rfc4475) {
        it(`${vector.name} (${vector.section})`, async () => {
          // Strangers get 20 answers a second.
          if (who === "a stranger") await under.pass(1000);
          const statuses = await peer.statusesOf(vector.bytes);
          if (who === "the PBX") check(vector, statuses);
          else check({ ...vector, answers: [...vector.answers, 403] }, statuses);
        });
      }
    });
  }

  it("leave a server that forwards calls and remembers nothing of them", async () => {
    const pbx = await under.raw();
    assert.deepEqual((await place(pbx, { requestUri: under.contact("101") })).statuses, [302]);
    await under.leavesNothing();
    assert.equal((await under.calls()).length, 1);
  });
});

describe("the 49 messages of RFC 4475 by TCP", () => {
  let under: DivertUnderTest;
  before(async () => {
    under = await DivertUnderTest.start({ rules: { "101": { "always/all": "102" } } });
  });
  after(() => under.close());

  for (const vector of rfc4475) {
    const { closes = false, waits = false, messages = 1 } = vector.stream ?? {};
    const end = closes ? ", and the connection is closed" : waits ? ", and the rest is waited for" : "";
    it(`${vector.name} (${vector.section})${end}`, async () => {
      const peer = await under.rawTcp();
      if (closes) {
        await peer.send(vector.bytes);
        await peer.whenClosed();
        check({ ...vector, maySayNothing: true }, peer.statuses);
      } else if (waits && messages > 0) {
        await peer.send(vector.bytes);
        await peer.until(() => peer.statuses.length >= messages);
        check(vector, peer.statuses, messages);
      } else if (waits) {
        const start = under.clock.now();
        await peer.send(vector.bytes);
        await under.passUntil(() => peer.isClosed, 500);
        assert.deepEqual(peer.statuses, []);
        assert.ok(under.clock.now() - start <= 40_000, "closed after 32 s");
      } else {
        check(vector, await peer.statusesOf(vector.bytes));
      }
      const other = await under.rawTcp();
      await other.probe();
      other.close();
      peer.close();
    });
  }

  it("dblreq: a stream has no spare octets, so both of its requests are answered", async () => {
    const peer = await under.rawTcp();
    const vector = rfc4475.find(({ name }) => name === twoInOne);
    assert.ok(vector !== undefined);
    await peer.send(vector.bytes);
    await peer.until(() => peer.arrived.length === 2);
    const methods = responsesIn(peer.arrived).map(({ cseq }) => cseq.method);
    assert.deepEqual(methods.toSorted(), ["INVITE", "REGISTER"]);
  });

  it("those that are whole and valid, one after the other on one connection", async () => {
    const peer = await under.rawTcp();
    const valid = rfc4475.filter(
      ({ parser, stream }) =>
        (parser === "request" || parser === "response") && stream?.closes !== true && stream?.waits !== true,
    );
    for (const vector of valid) {
      check(vector, await peer.statusesOf(vector.bytes));
    }
    assert.ok(valid.length > 25, `${valid.length} valid messages`);
    assert.ok(!peer.isClosed);
  });

  it("leave a server that forwards calls and remembers nothing of them", async () => {
    const pbx = await under.raw("TCP");
    assert.deepEqual((await place(pbx, { requestUri: under.contact("101") })).statuses, [302]);
    await under.leavesNothing();
  });
});

describe("the messages of RFC 5118 by UDP", () => {
  let under: DivertUnderTest;
  before(async () => {
    under = await DivertUnderTest.start({ ipv6: true });
  });
  after(() => under.close());

  for (const to of ["127.0.0.1", "::1"] as const) {
    describe(`to ${to}`, () => {
      let peer: RawPeer;
      before(async () => {
        const raw =
          to === "::1"
            ? await under.rawUdp({ address: "::1", port: defaultPort }, under.udp6)
            : await under.rawUdp({ address: under.address, port: defaultPort });
        for (const port of viaPorts) await raw.alsoAt(port);
        peer = raw;
      });
      for (const vector of rfc5118) {
        it(`${vector.name} (${vector.section})`, async () => {
          await under.pass(1000);
          const statuses = await peer.statusesOf(vector.bytes);
          check(to === "::1" ? { ...vector, answers: [...vector.answers, 403] } : vector, statuses);
        });
      }
    });
  }

  it("leave nothing", () => under.leavesNothing());
});
