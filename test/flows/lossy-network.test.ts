/** Calls over UDP sockets on a network that loses, doubles and reorders: issue 2, "Shown by" 2, and the redirected half of CHECKS D06. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { SipRequest, SipResponse } from "../../src/sip/message/message.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { acknowledge, requestOf, responsesIn, wireOf } from "../support/placed-call.ts";
import { SeededRandom } from "../support/seeded-random.ts";

/** RFC 3261 §17.1.1.2: when an INVITE is sent again, until timer B gives it up after 32 s. */
const timerA = [0, 500, 1500, 3500, 7500, 15_500, 31_500];
const stepMs = 500;
const calls = 500;

const networks = [
  { loss: 0, doubled: 0.3, leastSetUp: calls },
  { loss: 0.1, doubled: 0.1, leastSetUp: Math.ceil(0.999 * calls) },
  { loss: 0.3, doubled: 0.1, leastSetUp: Math.ceil(0.97 * calls) },
];

describe("500 calls on a network that loses, doubles and reorders", () => {
  for (const [seed, { loss, doubled, leastSetUp }] of networks.entries()) {
    it(`loses ${loss * 100} % each way: at least ${leastSetUp} get their 302, each is decided once`, async (test) => {
      const under = await DivertUnderTest.start({ rules: { "101": { "always/all": "102" } } });
      test.after(() => under.close());
      const decided: string[] = [];
      under.divert.onCall(({ id }) => decided.push(id));
      const random = new SeededRandom(seed + 1);
      const peer = await under.rawUdp();
      const invites = new Map<string, SipRequest>();
      for (let call = 0; call < calls; call++) {
        const invite = requestOf(peer, { requestUri: under.contact("101") });
        invites.set(invite.callId, invite);
      }
      const answered = new Map<string, SipResponse>();
      const reached = new Set<string>();

      /** Once, twice or not at all. */
      const copies = () => (random.fraction() < loss ? 0 : random.fraction() < doubled ? 2 : 1);
      const hear = async (response: SipResponse): Promise<void> => {
        if (copies() === 0) return;
        assert.equal(response.status, 302);
        const first = answered.get(response.callId) ?? response;
        assert.equal(response.toTag, first.toTag, "each copy has the same tag");
        answered.set(response.callId, first);
        const invite = invites.get(response.callId);
        for (let left = copies(); invite !== undefined && left > 0; left--) {
          await acknowledge(peer, invite, response);
        }
      };

      let taken = 0;
      for (let now = 0; now <= 64_000; now += stepMs) {
        if (timerA.includes(now)) {
          const waiting = [...invites.values()].filter(({ callId }) => !answered.has(callId));
          const datagrams = waiting.flatMap((invite) => Array.from({ length: copies() }, () => invite));
          for (const invite of shuffled(datagrams, random)) {
            reached.add(invite.callId);
            await peer.send(wireOf(invite));
          }
        }
        await peer.probe();
        const came = responsesIn(peer.arrived.slice(taken)).filter(({ callId }) => invites.has(callId));
        taken = peer.arrived.length;
        for (const response of shuffled(came, random)) await hear(response);
        await under.pass(stepMs);
      }

      assert.ok(answered.size >= leastSetUp, `${answered.size} of ${calls} calls were set up`);
      assert.equal(decided.length, reached.size);
      assert.equal(new Set(decided).size, decided.length);
      await under.leavesNothing();
      assert.equal((await under.calls()).length, reached.size);
    });
  }
});

function shuffled<Item>(items: readonly Item[], random: SeededRandom): Item[] {
  return items
    .map((item) => ({ item, place: random.fraction() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ item }) => item);
}
