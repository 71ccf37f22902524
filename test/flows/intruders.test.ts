/**
 * What does not belong to a call that is up, and what comes too late: it changes nothing. CHECKS B04, B10, B11; the rest of
 * B10 is in `in-call.test.ts`.
 */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { systemRandom } from "../../src/base/random.ts";
import { createPlacedInvite } from "../../src/calls/place-invite.ts";
import { TransactionLayer } from "../../src/sip/transaction/transaction-layer.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { pbxFlow } from "../support/example-lines.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { FlowPhone, PeerDialog, withSdp } from "../support/flow-phone.ts";
import { incomingRequest } from "../support/messages.ts";
import type { ScriptedPeer } from "../support/scripted-peer.ts";

const offer = "v=0\r\ns=offer\r\n";
const reply = "v=0\r\ns=reply\r\n";

let under: DivertUnderTest;
afterEach(async () => {
  await under.close();
});

/** The phone has answered; the PBX has not acknowledged that yet. */
async function answered(protocol: "UDP" | "TCP" = "UDP") {
  under = await DivertUnderTest.start({ lines: { "101": "refusing" }, phones: true });
  const pbx = await under.peer();
  const phone = await FlowPhone.register(under, "101", loopbackAddress(), protocol);
  const { peer: desk } = phone;
  const invite = await pbx.sends("INVITE", under.udp, {
    requestUri: under.contact("101"),
    ...withSdp([], offer),
  });
  const rung = await desk.expects("INVITE");
  const answer = desk.answers(rung, 200, phone.answer(reply));
  const success = await pbx.expects(200);
  await desk.expects("ACK");
  const caller = PeerDialog.ofCaller(pbx, under.udp, invite, success);
  const callee = PeerDialog.ofCallee(desk, under.at(protocol), rung, answer);
  return { pbx, desk, invite, success, rung, answer, caller, callee };
}

async function talking(protocol: "UDP" | "TCP" = "UDP") {
  const scene = await answered(protocol);
  await scene.caller.acknowledges(scene.invite);
  await under.pass(100);
  return scene;
}

function requestsTo(peer: ScriptedPeer): string[] {
  return peer.received.flatMap((message) =>
    message.kind === "request" && message.method !== "REGISTER" ? [message.method] : [],
  );
}

async function hangUp({ pbx, desk, caller }: Awaited<ReturnType<typeof answered>>): Promise<void> {
  await caller.sends("BYE");
  desk.answers(await desk.expects("BYE"), 200);
  await pbx.expects(200);
  await under.leavesNothing();
}

describe("an ACK (CHECKS B04)", () => {
  it("with another CSeq, tag or Call-ID acknowledges nothing; the right one does, and again", async () => {
    const scene = await answered();
    const { pbx, invite, success, caller } = scene;
    const { callId } = invite;
    const contact = /<([^>]+)>/.exec(success.headers.get("Contact") ?? "")?.[1] ?? "";
    const right = {
      requestUri: contact,
      from: invite.headers.get("From") ?? "",
      to: success.headers.get("To") ?? "",
      callId,
      cseq: invite.cseq.number,
    };
    for (const wrong of [
      { cseq: right.cseq + 1 },
      { to: right.to.replace(/tag=.*/, "tag=other") },
      { to: right.to.replace(/;tag=.*/, "") },
      { callId: "another" },
    ]) {
      const before = pbx.copies;
      await pbx.sends("ACK", under.udp, { ...right, ...wrong });
      await under.pass(4_500);
      assert.ok(pbx.copies > before, JSON.stringify(wrong));
    }
    await caller.acknowledges(invite);
    const before = pbx.copies;
    await under.pass(5_000);
    await caller.acknowledges(invite);
    await under.pass(5_000);
    assert.equal(pbx.copies, before);
    assert.deepEqual(requestsTo(pbx), []);
    await hangUp(scene);
  });

  it("that comes after the BYE is heard by nobody and answered by nobody", async () => {
    const scene = await talking();
    await hangUp(scene);
    const { pbx, desk, caller, invite } = scene;
    const before = [pbx.received.length, desk.received.length];
    await caller.acknowledges(invite);
    await under.pass(1_000);
    assert.deepEqual([pbx.received.length, desk.received.length], before);
    await under.leavesNothing();
  });
});

describe("a BYE (CHECKS B10)", () => {
  it("whose sender resets its connection at once ends the call for the other", async () => {
    const { pbx, desk, callee } = await talking("TCP");
    await callee.sends("BYE");
    desk.disconnect();
    pbx.answers(await pbx.expects("BYE"), 200);
    await under.leavesNothing();
    assert.equal((await under.calls()).at(-1)?.end, "hungUpByCallee");
  });

  const challenge = {
    headers: [["Proxy-Authenticate", 'Digest realm="pbx.example", nonce="n", algorithm=MD5, qop="auth"']],
  } as const;

  it("that the PBX challenges is said again with the line's password, once", async () => {
    under = await DivertUnderTest.start({ lines: { "101": "refusing" }, phones: true });
    const phone = await FlowPhone.register(under, "101", loopbackAddress());
    const pbx = under.pbx.calls;
    const dialled = await phone.dials("105", offer);
    // RFC 3261 §22: a realm that the line knows already, from its own INVITE.
    pbx.answers(await pbx.expects("INVITE"), 407, challenge);
    await pbx.expects("ACK");
    pbx.answers(await pbx.expects("INVITE"), 200, withSdp([["Contact", `<${pbx.uri}>`]], reply));
    await pbx.expects("ACK");
    const caller = PeerDialog.ofCaller(phone.peer, under.udp, dialled, await phone.peer.expects(200));
    await caller.acknowledges(dialled);
    await caller.sends("BYE");
    await phone.peer.expects(200);
    const bye = await pbx.expects("BYE");
    pbx.answers(bye, 407, challenge);
    const again = await pbx.expects("BYE");
    assert.match(again.headers.get("Proxy-Authorization") ?? "", /username="101"/);
    assert.equal(again.cseq.number, bye.cseq.number + 1);
    pbx.answers(again, 407, challenge);
    await under.leavesNothing();
    assert.equal(requestsTo(pbx).filter((method) => method === "BYE").length, 2);
    assert.equal((await under.calls()).at(-1)?.end, "hungUpByCaller");
  });
});

describe("who would take a call over (CHECKS B11)", () => {
  const methods = ["BYE", "INVITE", "REFER", "INFO", "UPDATE"] as const;

  it("with tags that are guessed, swapped or missing hears that there is no such call", async () => {
    const scene = await talking();
    const { pbx, desk, invite, success } = scene;
    const from = invite.headers.get("From") ?? "";
    const to = success.headers.get("To") ?? "";
    const { callId } = invite;
    const attempts = [
      { from, to: to.replace(/tag=.*/, "tag=guessed"), callId },
      { from: from.replace(/tag=.*/, "tag=guessed"), to, callId },
      { from: from.replace(/;tag=.*/, ""), to, callId },
      { from: to, to: from, callId },
      { from, to, callId: "guessed" },
    ];
    let cseq = 100;
    const before = requestsTo(desk);
    for (const method of methods) {
      for (const attempt of attempts) {
        const request = await pbx.sends(method, under.udp, {
          requestUri: under.contact("101"),
          cseq: ++cseq,
          ...attempt,
        });
        const refusal = await pbx.expects(481);
        assert.equal(refusal.cseq.number, request.cseq.number);
        if (method === "INVITE") await pbx.acknowledges(request, refusal, under.udp);
      }
    }
    await under.pass(1_000);
    assert.deepEqual(requestsTo(desk), before);
    await hangUp(scene);
  });

  it("with a CSeq that was used already hears 500", async () => {
    const scene = await talking();
    const { pbx, desk, invite, success } = scene;
    const before = requestsTo(desk);
    for (const method of methods) {
      const request = await pbx.sends(method, under.udp, {
        requestUri: under.contact("101"),
        from: invite.headers.get("From") ?? "",
        to: success.headers.get("To") ?? "",
        callId: invite.callId,
        cseq: invite.cseq.number,
      });
      const refusal = await pbx.expects(500);
      if (method === "INVITE") await pbx.acknowledges(request, refusal, under.udp);
    }
    await under.pass(1_000);
    assert.deepEqual(requestsTo(desk), before);
    await hangUp(scene);
  });

  it("from another address, with tags that are right, is a stranger on either leg", async () => {
    const scene = await talking();
    const { pbx, desk, invite, success, rung, answer } = scene;
    const stranger = await under.peer("UDP", under.strangerAddress);
    const legs = [
      { from: invite.headers.get("From") ?? "", to: success.headers.get("To") ?? "", callId: invite.callId },
      { from: answer.headers.get("To") ?? "", to: rung.headers.get("From") ?? "", callId: rung.callId },
    ];
    const before = [requestsTo(pbx), requestsTo(desk)];
    for (const method of methods) {
      for (const leg of legs) {
        await stranger.sends(method, under.udp, { requestUri: under.contact("101"), cseq: 1_000, ...leg });
        await stranger.expects(403);
      }
    }
    await under.pass(1_000);
    assert.deepEqual([requestsTo(pbx), requestsTo(desk)], before);
    await hangUp(scene);
  });

  it("would have to guess 64 bits and more: of 10,000 calls no tag and no Call-ID is like another", async () => {
    under = await DivertUnderTest.start();
    const flow = pbxFlow();
    const invite = incomingRequest("INVITE");
    const tags = new Set<string>();
    const layer = new TransactionLayer({
      clock: new FakeClock(),
      random: systemRandom,
      viaFor: () => ({ protocol: "UDP", host: "192.0.2.7", port: 5060 }),
      responseFlow: () => flow,
      user: {
        onRequest: (transaction) => {
          tags.add(transaction.localTag);
          transaction.abandon();
        },
        onAck() {},
      },
    });
    const callIds = new Set<string>();
    const terms = { requestUri: "sip:a@b", to: "<sip:a@b>", maxForwards: 69, cameFrom: "pbx" } as const;
    for (let count = 0; count < 10_000; count++) {
      layer.receive(incomingRequest("INVITE", { branch: `z9hG4bK${count}`, callId: `${count}` }), flow);
      const placed = createPlacedInvite(invite, { ...terms, from: invite.from }, systemRandom);
      callIds.add(placed.callId);
      tags.add(placed.fromTag ?? "");
    }
    assert.deepEqual([tags.size, callIds.size], [20_000, 10_000]);
    // Hexadecimal: four bits a letter, and no letter of any place is given away.
    for (const words of [tags, callIds]) {
      for (const word of words) assert.ok(word.length >= 16, word);
      for (let place = 0; place < 16; place++) {
        assert.equal(new Set([...words].map((word) => word[place])).size, 16, `place ${place}`);
      }
    }
  });
});
