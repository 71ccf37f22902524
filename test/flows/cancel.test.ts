/** CHECKS B05: a call is taken back, at the right moment, at a wrong one, and by somebody else. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import type { SipRequest } from "../../src/sip/message/message.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import {
  acknowledge,
  ask,
  cancelOf,
  requestOf,
  responsesIn,
  summary,
  wireOf,
} from "../support/placed-call.ts";
import type { RawPeer } from "../support/raw-peer.ts";

for (const protocol of ["UDP", "TCP"] as const) {
  describe(`CANCEL by ${protocol}`, () => {
    let under: DivertUnderTest;
    let peer: RawPeer;
    before(async () => {
      under = await DivertUnderTest.start({ rules: { "101": { "always/all": "102" } } });
      peer = await under.raw(protocol);
    });
    after(() => under.close());
    afterEach(async () => {
      await under.pass(33_000);
      assert.equal(callsInProgress(), 0, "the line is idle again");
      assert.equal(under.divert.userAgent.counts().inviteServer, 0);
    });

    function callsInProgress(): number | undefined {
      return under.divert.lines.find("111")?.callsInProgress;
    }

    function newCall(line = "111"): SipRequest {
      return requestOf(peer, { requestUri: under.contact(line) });
    }

    async function exchange(...requests: SipRequest[]): Promise<string[]> {
      const answers = responsesIn(await peer.exchange(...requests.map(wireOf)));
      const [invite] = requests;
      const final = answers.find(({ status, cseq }) => status >= 300 && cseq.method === "INVITE");
      if (invite?.method === "INVITE" && final !== undefined) await acknowledge(peer, invite, final);
      return summary(answers);
    }

    async function giveUp(invite: SipRequest): Promise<void> {
      const answers = await ask(peer, cancelOf(invite));
      assert.deepEqual(summary(answers), ["200 CANCEL", "487 INVITE"]);
      if (answers[1] !== undefined) await acknowledge(peer, invite, answers[1]);
    }

    it("ends the ringing: 200 for itself, 487 for the INVITE", async () => {
      const invite = newCall();
      assert.deepEqual(await exchange(invite), ["180 INVITE"]);
      await under.pass(5000);
      assert.equal(callsInProgress(), 1);
      await giveUp(invite);
      assert.equal(callsInProgress(), 0);
      assert.equal((await under.calls()).at(-1)?.end, "cancelled");
    });

    it("right behind the INVITE does the same", async () => {
      const invite = newCall();
      assert.deepEqual(await exchange(invite, cancelOf(invite)), ["180 INVITE", "200 CANCEL", "487 INVITE"]);
    });

    it("that overtakes its INVITE is 481, and the INVITE rings", async () => {
      const invite = newCall();
      assert.deepEqual(await exchange(cancelOf(invite)), ["481 CANCEL"]);
      assert.deepEqual(await exchange(invite), ["180 INVITE"]);
      await giveUp(invite);
    });

    it("after the 302 is answered 200, and the 302 stands", async () => {
      const invite = newCall("101");
      assert.deepEqual(await exchange(invite, cancelOf(invite)), ["302 INVITE", "200 CANCEL"]);
      await peer.probe();
      assert.equal((await under.calls()).at(-1)?.end, "redirected");
    });

    it("that comes twice is answered twice and ends the call once", async () => {
      const invite = newCall();
      const cancel = cancelOf(invite);
      assert.deepEqual(await exchange(invite, cancel, cancel), [
        "180 INVITE",
        "200 CANCEL",
        "487 INVITE",
        "200 CANCEL",
      ]);
    });

    it("of no call, and with another branch, is 481 and ends nothing", async () => {
      const invite = newCall();
      assert.deepEqual(await exchange(invite), ["180 INVITE"]);
      const other = cancelOf(invite);
      other.headers.set("Via", peer.via("another"));
      assert.deepEqual(await exchange(other), ["481 CANCEL"]);
      assert.equal(callsInProgress(), 1);
      await giveUp(invite);
    });

    it("from another host ends nothing, be it a stranger or known", async () => {
      const invite = newCall();
      assert.deepEqual(await exchange(invite), ["180 INVITE"]);
      const stranger = await under.raw(protocol, { address: under.strangerAddress });
      assert.deepEqual(await stranger.statusesOf(wireOf(cancelOf(invite))), [403]);
      assert.equal(callsInProgress(), 1);
      await giveUp(invite);
    });

    it("leaves nothing", () => under.leavesNothing());
  });
}

describe("a call that rings", () => {
  it("is told again every minute, and ends after ten with 480", async (test) => {
    const under = await DivertUnderTest.start();
    test.after(() => under.close());
    const peer = await under.raw();
    const invite = requestOf(peer, { requestUri: under.contact("111") });
    assert.deepEqual(await peer.statusesOf(wireOf(invite)), [180]);
    await under.pass(599_000);
    await peer.probe();
    assert.equal(peer.statuses.filter((status) => status === 180).length, 10);
    await under.pass(1000);
    const final = responsesIn(peer.arrived).find(({ status }) => status === 480);
    assert.ok(final !== undefined);
    await acknowledge(peer, invite, final);
    await under.leavesNothing();
    assert.equal((await under.calls())[0]?.end, "notAnswered");
  });
});
