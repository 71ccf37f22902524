/** CHECKS A04: some 4,500 INVITE and CANCEL pairs in the spirit of PROTOS c07-sip, at a line that rings. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { hostilePairs } from "../support/hostile-pairs.ts";
import { place } from "../support/placed-call.ts";

const largestDatagram = 65_507;
const probeEvery = 25;
/** A call that nobody takes back rings for ten minutes. */
const longestRingingMs = 600_000;

async function startRinging(): Promise<DivertUnderTest> {
  return DivertUnderTest.start({ rules: { "101": { "always/all": "102" }, "111": { "busy/all": "102" } } });
}

function lineOf(under: DivertUnderTest): string {
  return under.contact("111").slice("sip:".length).split("@")[0] ?? "";
}

function countDecided(under: DivertUnderTest): () => number {
  let count = 0;
  under.divert.onCall(() => count++);
  return () => count;
}

/** A suite whose messages all die at the door shows little: many must be refused there, and many be calls. */
function assertHeard(under: DivertUnderTest, decided: () => number): void {
  const { malformed } = under.divert.userAgent.counts();
  assert.ok(malformed > 1000, `${malformed} malformed messages`);
  assert.ok(decided() > 1000, `${decided()} calls`);
}

describe("hostile INVITE and CANCEL pairs", () => {
  it("by UDP: each probe is answered, a call then passes, and nothing is left", async (test) => {
    const under = await startRinging();
    test.after(() => under.close());
    const peer = await under.rawUdp();
    const via = peer.via("").split(";")[0] ?? "";
    const decided = countDecided(under);
    let pairs = 0;
    let tooLong = 0;
    for (const { invite, cancel } of hostilePairs({ via, line: lineOf(under) })) {
      pairs++;
      if (invite.length > largestDatagram) {
        tooLong++;
        continue;
      }
      await peer.send(invite);
      await peer.send(cancel);
      if (pairs % probeEvery === 0) await peer.probe();
    }
    await peer.probe();
    assert.ok(pairs - tooLong > 4400, `${pairs} pairs, ${tooLong} too long for a datagram`);
    assertHeard(under, decided);
    assert.deepEqual((await place(peer, { requestUri: under.contact("101") })).statuses, [302]);
    await under.pass(longestRingingMs);
    await under.leavesNothing();
  });

  it("by TCP, a connection each: each probe is answered, a call then passes, and nothing is left", async (test) => {
    const under = await startRinging();
    test.after(() => under.close());
    const prober = await under.rawTcp();
    const via = `SIP/2.0/TCP ${under.address}:5060`;
    const decided = countDecided(under);
    let pairs = 0;
    for (const { invite, cancel } of hostilePairs({ via, line: lineOf(under) })) {
      const peer = await under.rawTcp();
      await peer.send(invite);
      await peer.send(cancel);
      if (++pairs % probeEvery === 0) await prober.probe();
      peer.close();
    }
    assert.ok(pairs > 4400);
    assertHeard(under, decided);
    assert.deepEqual((await place(prober, { requestUri: under.contact("101") })).statuses, [302]);
    await under.pass(longestRingingMs);
    await under.leavesNothing();
  });
});
