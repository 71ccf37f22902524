/** CHECKS A11 to A13: messages that are large, deep or made to be slow. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { HeaderField } from "../../src/sip/message/build.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { nastyFields, nastyRuns } from "../support/nasty-runs.ts";
import { place, requestOf, wireOf } from "../support/placed-call.ts";
import type { RawPeer } from "../support/raw-peer.ts";

const largestDatagram = 65_507;

function repeated(count: number, field: (index: number) => HeaderField): HeaderField[] {
  return Array.from({ length: count }, (_, index) => field(index));
}

for (const protocol of ["UDP", "TCP"] as const) {
  describe(`by ${protocol}`, () => {
    let under: DivertUnderTest;
    let peer: RawPeer;
    let requestUri: string;
    before(async () => {
      under = await DivertUnderTest.start({ rules: { "101": { "always/all": "102" } } });
      peer = await under.raw(protocol);
      requestUri = under.contact("101");
    });
    after(() => under.close());

    /** An INVITE of exactly that many octets. */
    function invite(octets: number, filler: "body" | "head") {
      const fill = (length: number) =>
        filler === "body"
          ? requestOf(peer, { ...fixed, body: Buffer.alloc(length, "v") })
          : requestOf(peer, { ...fixed, headers: [["X-Long", "x".repeat(length)]] });
      const fixed = { requestUri, branch: `${filler}-${octets}`, callId: `${filler}-${octets}` };
      const length = octets - (wireOf(fill(10_000)).length - 10_000);
      // Content-Length has fewer digits than in the guess, or more.
      return [-2, -1, 0, 1, 2]
        .map((more) => fill(length + more))
        .find((request) => wireOf(request).length === octets);
    }

    for (const octets of [1300, 1472, 9000, 60_000, 65_000]) {
      for (const filler of ["body", "head"] as const) {
        it(`an INVITE of ${octets} octets, most of them in the ${filler}, is redirected`, async () => {
          const request = invite(octets, filler);
          assert.ok(request !== undefined);
          assert.deepEqual(await peer.statusesOf(wireOf(request)), [302]);
        });
      }
    }

    const depths: Record<string, { headers: HeaderField[]; statuses: number[]; diverted?: true }> = {
      "a thousand Via": {
        headers: repeated(1000, (index) => ["Via", `SIP/2.0/UDP h${index};branch=z9hG4bK${index}`]),
        statuses: [302],
      },
      "500 Route": {
        headers: repeated(500, (index) => ["Route", `<sip:r${index}.example;lr>`]),
        statuses: [302],
      },
      "500 Record-Route": {
        headers: repeated(500, (index) => ["Record-Route", `<sip:r${index}.example;lr>`]),
        statuses: [302],
      },
      "500 Contact": {
        headers: repeated(500, (index) => ["Contact", `<sip:c${index}@a.example>`]),
        statuses: [302],
      },
      // Above the 1,024 fields of messageLimits. A connection is closed then, for Content-Length may be among those not read.
      "5,000 unknown header fields": { headers: repeated(5000, () => ["X-A", "y"]), statuses: [513] },
      "10,000 parameters": {
        headers: [["P-Asserted-Identity", `<sip:100@pbx.example${";p=1".repeat(10_000)}>`]],
        statuses: [302],
      },
      // It has been diverted too often: the rule is passed over.
      "100 Diversion": {
        headers: repeated(100, (index) => [
          "Diversion",
          `<sip:${200 + index}@pbx.example>;reason=user-busy;counter=1`,
        ]),
        statuses: [480],
      },
      "100 History-Info": {
        headers: repeated(100, (index) => [
          "History-Info",
          `<sip:${200 + index}@pbx.example;cause=302>;index=1${".1".repeat(index)}`,
        ]),
        statuses: [480],
      },
    };

    for (const [name, { headers, statuses }] of Object.entries(depths)) {
      it(`${name}: ${String(statuses)}`, async () => {
        const own = await under.raw(protocol);
        const wire = wireOf(requestOf(own, { requestUri, headers }));
        assert.ok(wire.length < largestDatagram, `${wire.length} octets`);
        await own.send(wire);
        await own.until(() => own.arrived.length > 0);
        const [answer] = own.arrived;
        assert.ok(answer?.kind === "response");
        assert.deepEqual([answer.status], statuses);
        if (name === "a thousand Via")
          assert.deepEqual(
            answer.headers.all("Via").slice(1),
            headers.map(([, value]) => value),
          );
      });
    }

    it("a 302 that echoes more than a datagram holds harms nobody else", async () => {
      const vias = (padding: number) =>
        repeated(6, (index) => ["Via", `SIP/2.0/UDP h${index};branch=z9hG4bK${"b".repeat(padding / 6)}`]);
      const head = wireOf(requestOf(peer, { requestUri, headers: vias(0) })).length;
      const request = requestOf(peer, { requestUri, headers: vias(largestDatagram - head - 10) });
      const own = await under.raw(protocol);
      await own.send(wireOf(request));
      // A connection takes it; as a datagram it cannot be sent at all.
      if (protocol === "TCP") await own.until(() => own.statuses.length > 0);
      await peer.probe();
      assert.deepEqual(own.statuses, protocol === "TCP" ? [302] : []);
    });

    for (const [name, run] of Object.entries(nastyRuns(60_000))) {
      it(`60,000 octets of ${name} in any field are got over, and the next is answered`, async () => {
        for (const field of nastyFields) {
          const good = wireOf(requestOf(peer, { requestUri })).toString("latin1");
          const withRun = good.includes(`\r\n${field}: `)
            ? good.replace(new RegExp(`\r\n${field}: [^\r]*`), () => `\r\n${field}: ${run}`)
            : good.replace("\r\nContent-Length", () => `\r\n${field}: ${run}\r\nContent-Length`);
          const statuses = await peer.statusesOf(Buffer.from(withRun, "latin1"));
          assert.ok(
            statuses.length === 1 && statuses.every((status) => [302, 400, 480].includes(status)),
            `${field}: ${String(statuses)}`,
          );
        }
      });
    }

    it("leave a server that forwards calls, and nothing else", async () => {
      assert.deepEqual((await place(peer, { requestUri })).statuses, [302]);
      await under.leavesNothing();
    });
  });
}
