import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ScriptedPeer } from "./scripted-peer.ts";

for (const protocol of ["UDP", "TCP"] as const) {
  describe(`two scripted peers over ${protocol}`, () => {
    it("hold a call that is cancelled", async () => {
      const alice = await ScriptedPeer.open(protocol);
      const bob = await ScriptedPeer.open(protocol);
      const invite = await alice.sends("INVITE", bob, { requestUri: bob.uri });
      const received = await bob.expects("INVITE");
      bob.answers(received, 180);
      const ringing = await alice.expects(180);
      assert.equal(ringing.toTag, bob.tag);

      await alice.cancels(invite, bob);
      bob.answers(await bob.expects("CANCEL"), 200);
      bob.answers(received, 487);
      await alice.expects(200);
      await alice.acknowledges(invite, await alice.expects(487), bob);
      const ack = await bob.expects("ACK");
      assert.equal(ack.topVia?.branch, invite.topVia?.branch);
      await alice.close();
      await bob.close();
    });

    it("hold a call that is answered, and take copies for copies", async () => {
      const alice = await ScriptedPeer.open(protocol);
      const bob = await ScriptedPeer.open(protocol);
      const invite = await alice.sends("INVITE", bob, { requestUri: bob.uri });
      await alice.sendsAgain(invite, bob);
      const answer = bob.answers(await bob.expects("INVITE"), 200, {
        headers: [["Contact", `<${bob.uri}>`]],
      });
      assert.equal(answer.status, 200);
      await alice.acknowledges(invite, await alice.expects(200), bob);
      const ack = await bob.expects("ACK");
      assert.notEqual(ack.topVia?.branch, invite.topVia?.branch);
      assert.equal(bob.copies, 1);
      assert.deepEqual(
        bob.received.map((message) => message.kind === "request" && message.method),
        ["INVITE", "ACK"],
      );
      await alice.close();
      await bob.close();
    });
  });
}
