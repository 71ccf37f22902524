/** An INVITE with Replaces: somebody takes the place of one end of a call that is up (RFC 3891). */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { SipRequest } from "../../src/sip/message/message.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { FlowPhone, PeerDialog, withSdp } from "../support/flow-phone.ts";
import type { ScriptedPeer } from "../support/scripted-peer.ts";
import type { Talk } from "../support/transfer-scene.ts";
import { dial, hangUp, sdp, talk } from "../support/transfer-scene.ts";

let under: DivertUnderTest;
afterEach(() => under.close());

interface Scene {
  readonly caller: ScriptedPeer;
  readonly newcomer: ScriptedPeer;
  readonly phone: FlowPhone;
  readonly first: Talk;
}

/** The phone of line 101 talks to a caller; the line would forward whatever else comes. */
async function scene(): Promise<Scene> {
  under = await DivertUnderTest.start({ lines: { "101": "refusing", "102": "refusing" }, phones: true });
  const caller = await under.peer();
  const newcomer = await under.peer();
  const phone = await FlowPhone.register(under, "101", loopbackAddress());
  const first = await talk(under, caller, phone, "+4989123456");
  await under.forward("101", "always/all", "103");
  return { caller, newcomer, phone, first };
}

/** The call as the caller's side names it to us: by the tag that we gave, and its own. */
function callOf({ far, invite }: Talk): string {
  return `${invite.callId};to-tag=${far.remoteTag};from-tag=${invite.fromTag ?? ""}`;
}

function replaces(
  { newcomer }: Pick<Scene, "newcomer">,
  value: string,
  description: string | undefined = sdp("newcomer", 1, 9000),
  headers: readonly (readonly [string, string])[] = [],
): Promise<SipRequest> {
  const named = [["Require", "replaces"], ["Replaces", value], ...headers] as const;
  return newcomer.sends("INVITE", under.udp, {
    requestUri: under.contact("101"),
    ...withSdp(named, description === "" ? undefined : description),
  });
}

async function speaks(from: PeerDialog, to: ScriptedPeer): Promise<void> {
  await from.sends("INFO", "Signal=5");
  to.answers(await to.expects("INFO"), 200);
  await from.peer.expects(200);
}

async function ends(): Promise<string[]> {
  return (await under.calls()).map(({ action, end, status }) => `${action} ${status} ${end}`).sort();
}

function asked(peer: ScriptedPeer, method: string): number {
  return peer.received.filter((message) => message.kind === "request" && message.method === method).length;
}

describe("somebody at the PBX takes a call over", () => {
  it("the phone is offered their media, they get its answer, and the former end is hung up on", async () => {
    const at = await scene();
    const { caller, newcomer, phone, first } = at;
    const invite = await replaces(at, callOf(first));
    const reinvite = await phone.peer.expects("INVITE");
    assert.equal(reinvite.toTag, first.answer.toTag);
    assert.equal(reinvite.body.toString(), sdp("caller", 2, 9000));
    assert.equal(asked(caller, "BYE"), 0);
    phone.peer.answers(reinvite, 200, phone.answer(sdp("phone", 2)));
    await phone.peer.expects("ACK");
    const success = await newcomer.expects(200);
    assert.equal(success.body.toString(), sdp("phone", 2));
    assert.match(success.headers.get("Supported") ?? "", /replaces/);
    const far = PeerDialog.ofCaller(newcomer, under.udp, invite, success);
    await far.acknowledges(invite);
    caller.answers(await caller.expects("BYE"), 200);
    assert.equal(under.divert.lines.find("101")?.callsInProgress, 1);
    await speaks(far, phone.peer);
    await speaks(first.near, newcomer);
    await hangUp(far, phone.peer);
    assert.deepEqual(await ends(), ["ring 200 hungUpByCaller"]);
    await under.leavesNothing();
  });

  it("with an answer in the ACK where they made no offer", async () => {
    const at = await scene();
    const { caller, newcomer, phone, first } = at;
    const invite = await replaces(at, callOf(first), "");
    const reinvite = await phone.peer.expects("INVITE");
    assert.equal(reinvite.body.length, 0);
    phone.peer.answers(reinvite, 200, phone.answer(sdp("phone", 2)));
    const success = await newcomer.expects(200);
    assert.equal(success.body.toString(), sdp("phone", 2));
    const far = PeerDialog.ofCaller(newcomer, under.udp, invite, success);
    await far.acknowledges(invite, sdp("newcomer", 1, 9000));
    const ack = await phone.peer.expects("ACK");
    assert.equal(ack.body.toString(), sdp("caller", 2, 9000));
    caller.answers(await caller.expects("BYE"), 200);
    await hangUp(first.near, newcomer);
    await under.leavesNothing();
  });

  it("also one that the phone has dialled, and one whose former end hangs up meanwhile", async () => {
    under = await DivertUnderTest.start({ lines: { "101": "refusing" }, phones: true });
    const newcomer = await under.peer();
    const phone = await FlowPhone.register(under, "101", loopbackAddress());
    const { far, near, placed } = await dial(under, phone, "105");
    const named = `${placed.callId};to-tag=${placed.fromTag ?? ""};from-tag=${far.peer.tag}`;
    const invite = await replaces({ newcomer }, named);
    const reinvite = await phone.peer.expects("INVITE");
    await far.sends("BYE");
    await far.peer.expects(200);
    assert.equal(asked(phone.peer, "BYE"), 0);
    phone.peer.answers(reinvite, 200, phone.answer(sdp("phone", 2)));
    await phone.peer.expects("ACK");
    const success = await newcomer.expects(200);
    const taken = PeerDialog.ofCaller(newcomer, under.udp, invite, success);
    await taken.acknowledges(invite);
    await speaks(near, newcomer);
    await hangUp(taken, phone.peer);
    assert.deepEqual(await ends(), ["dial 200 hungUpByCallee"]);
    await under.leavesNothing();
  });

  it("but not when the phone will not, or the newcomer gives up: the call goes on as it was", async () => {
    const at = await scene();
    const { caller, newcomer, phone, first } = at;
    const refused = await replaces(at, callOf(first));
    phone.peer.answers(await phone.peer.expects("INVITE"), 488);
    await phone.peer.expects("ACK");
    await newcomer.acknowledges(refused, await newcomer.expects(488), under.udp);
    await speaks(first.far, phone.peer);

    const invite = await replaces(at, callOf(first));
    const reinvite = await phone.peer.expects("INVITE");
    await newcomer.cancels(invite, under.udp);
    await newcomer.expects(200);
    await newcomer.acknowledges(invite, await newcomer.expects(487), under.udp);
    phone.peer.answers(reinvite, 200, phone.answer(sdp("phone", 2)));
    await phone.peer.expects("ACK");
    // It has the media of somebody who is gone, and gets those of the caller again.
    const again = await phone.peer.expects("INVITE");
    assert.equal(again.body.toString(), sdp("caller", 3));
    phone.peer.answers(again, 200, phone.answer(sdp("phone", 3)));
    await phone.peer.expects("ACK");
    await speaks(first.far, phone.peer);
    await speaks(first.near, caller);
    await hangUp(first.far, phone.peer);
    assert.deepEqual(await ends(), ["ring 200 hungUpByCaller"]);
    await under.leavesNothing();
  });

  it("nor when the newcomer gives up before it could be offered, or when all hang up after that", async () => {
    const at = await scene();
    const { caller, newcomer, phone, first } = at;
    const hold = await first.near.sends("INVITE", sdp("phone", 2, 4000, "a=sendonly"));
    const held = await caller.expects("INVITE");
    const early = await replaces(at, callOf(first));
    await newcomer.cancels(early, under.udp);
    await newcomer.expects(200);
    await newcomer.acknowledges(early, await newcomer.expects(487), under.udp);
    caller.answers(held, 200, withSdp([["Contact", `<${caller.uri}>`]], sdp("caller", 2)));
    await phone.peer.expects(200);
    await first.near.acknowledges(hold);
    await caller.expects("ACK");
    await speaks(first.far, phone.peer);
    assert.equal(asked(phone.peer, "INVITE"), 1);

    const invite = await replaces(at, callOf(first));
    const reinvite = await phone.peer.expects("INVITE");
    await newcomer.cancels(invite, under.udp);
    await newcomer.expects(200);
    await newcomer.acknowledges(invite, await newcomer.expects(487), under.udp);
    phone.peer.answers(reinvite, 200, phone.answer(sdp("phone", 3)));
    await phone.peer.expects("ACK");
    await phone.peer.expects("INVITE");
    await hangUp(first.far, phone.peer);
    assert.deepEqual(await ends(), ["ring 200 hungUpByCaller"]);
    await under.leavesNothing();
  });

  it("and nobody when both others have hung up", async () => {
    const at = await scene();
    const { newcomer, phone, first } = at;
    const invite = await replaces(at, callOf(first));
    const reinvite = await phone.peer.expects("INVITE");
    await first.far.sends("BYE");
    await first.far.peer.expects(200);
    await first.near.sends("BYE");
    await phone.peer.expects(200);
    await newcomer.acknowledges(invite, await newcomer.expects(481), under.udp);
    phone.peer.answers(reinvite, 481);
    assert.deepEqual(await ends(), ["ring 200 hungUpByCaller"]);
    await under.leavesNothing();
  });

  it("after an offer that is under way has been answered, and one newcomer at a time", async () => {
    const at = await scene();
    const { caller, newcomer, phone, first } = at;
    const hold = await first.near.sends("INVITE", sdp("phone", 2, 4000, "a=sendonly"));
    const held = await caller.expects("INVITE");
    const invite = await replaces(at, callOf(first));
    const second = await replaces(at, callOf(first));
    await newcomer.acknowledges(second, await newcomer.expects(491), under.udp);
    assert.equal(asked(phone.peer, "INVITE"), 1);
    caller.answers(held, 200, withSdp([["Contact", `<${caller.uri}>`]], sdp("caller", 2)));
    await phone.peer.expects(200);
    await first.near.acknowledges(hold);
    const reinvite = await phone.peer.expects("INVITE");
    phone.peer.answers(reinvite, 200, phone.answer(sdp("phone", 3)));
    const far = PeerDialog.ofCaller(newcomer, under.udp, invite, await newcomer.expects(200));
    await far.acknowledges(invite);
    caller.answers(await caller.expects("BYE"), 200);
    await hangUp(far, phone.peer);
    await under.leavesNothing();
  });

  it("only one that is up and the line's own; what names none is neither forwarded nor rung", async () => {
    const at = await scene();
    const { newcomer, phone, first } = at;
    const other = await FlowPhone.register(under, "102", loopbackAddress());
    const foreign = await talk(under, at.caller, other, "102102", { line: "102" });
    const known = callOf(first);
    for (const [value, headers, status] of [
      ["x;to-tag=a;from-tag=b", [], 481],
      [callOf(foreign), [], 481],
      // By the phone's own name for it.
      [`${first.rung.callId};to-tag=${first.rung.fromTag ?? ""};from-tag=${phone.peer.tag}`, [], 481],
      [`${known};early-only`, [], 486],
      ["without tags", [], 400],
      [known, [["Replaces", known]], 400],
      [known, [["Join", known]], 400],
    ] as const) {
      const invite = await replaces(at, value, sdp("newcomer"), headers);
      await newcomer.acknowledges(invite, await newcomer.expects(status), under.udp);
    }
    assert.equal(asked(phone.peer, "INVITE"), 1);
    await hangUp(first.far, phone.peer);
    await hangUp(foreign.far, other.peer);
    assert.equal((await under.calls()).length, 2);
    await under.leavesNothing();
  });

  it("and none that rings still", async () => {
    under = await DivertUnderTest.start({ lines: { "101": "refusing" }, phones: true });
    const [caller, newcomer] = [await under.peer(), await under.peer()];
    const phone = await FlowPhone.register(under, "101", loopbackAddress());
    const ringing = await caller.sends("INVITE", under.udp, { requestUri: under.contact("101") });
    phone.peer.answers(await phone.peer.expects("INVITE"), 180);
    const toTag = (await caller.expects(180)).toTag ?? "";
    const named = `${ringing.callId};to-tag=${toTag};from-tag=${ringing.fromTag ?? ""}`;
    const invite = await replaces({ newcomer }, named);
    await newcomer.acknowledges(invite, await newcomer.expects(481), under.udp);
    await caller.cancels(ringing, under.udp);
    phone.peer.answers(await phone.peer.expects("CANCEL"), 200);
    await under.leavesNothing();
  });
});

describe("a phone takes a call over", () => {
  it("of another phone of its line, and of no other line", async () => {
    const { caller, phone, first } = await scene();
    const desk = await FlowPhone.register(under, "101", loopbackAddress());
    const stranger = await FlowPhone.register(under, "102", loopbackAddress());
    const named = `${first.rung.callId};to-tag=${first.rung.fromTag ?? ""};from-tag=${first.answer.toTag ?? ""}`;
    await stranger.dials("101", sdp("stranger"), [["Replaces", named]]);
    await stranger.peer.expects(481);
    const invite = await desk.dials("101", sdp("desk", 1, 9000), [["Replaces", named]]);
    const reinvite = await caller.expects("INVITE");
    assert.equal(reinvite.body.toString(), sdp("phone", 2, 9000));
    caller.answers(reinvite, 200, withSdp([["Contact", `<${caller.uri}>`]], sdp("caller", 2)));
    await caller.expects("ACK");
    const success = await desk.peer.expects(200);
    const near = PeerDialog.ofCaller(desk.peer, under.udp, invite, success);
    await near.acknowledges(invite);
    phone.peer.answers(await phone.peer.expects("BYE"), 200);
    await speaks(near, caller);
    await hangUp(first.far, desk.peer);
    assert.deepEqual(await ends(), ["ring 200 hungUpByCaller"]);
    await under.leavesNothing();
  });
});
