/** A phone hands its call on where the PBX does no transfers: Divert joins the two ends itself. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { SipRequest } from "../../src/sip/message/message.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { FlowPhone, PeerDialog, withSdp } from "../support/flow-phone.ts";
import type { ScriptedPeer } from "../support/scripted-peer.ts";
import type { Talk, TalkOptions } from "../support/transfer-scene.ts";
import {
  dial,
  hangUp,
  notified,
  referTo,
  replacing,
  replacingDialled,
  sdp,
  talk,
} from "../support/transfer-scene.ts";

let under: DivertUnderTest;
afterEach(() => under.close());

const noTransfers = [["Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS"]] as const;

interface Scene {
  readonly caller: ScriptedPeer;
  readonly phone: FlowPhone;
  readonly first: Talk;
  /** Whoever is reached over the line. */
  readonly target: ScriptedPeer;
}

/** The phone of line 101 talks to a caller, at a PBX that says it takes no REFER. */
async function scene(options: TalkOptions = { headers: noTransfers }): Promise<Scene> {
  under = await DivertUnderTest.start({
    lines: { "101": "refusing", "102": "refusing" },
    phones: true,
    callWaiting: true,
  });
  const caller = await under.peer();
  const phone = await FlowPhone.register(under, "101", loopbackAddress());
  const first = await talk(under, caller, phone, "+4989123456", options);
  return { caller, phone, first, target: under.pbx.calls };
}

/** The phone refers blindly to 103; the INVITE that goes there. */
async function refer({ phone, first, target }: Scene): Promise<SipRequest> {
  await first.near.sends("REFER", undefined, referTo("<sip:103@divert.example>"));
  await phone.peer.expects(202);
  assert.equal(await notified(phone), "100 active");
  return target.expects("INVITE");
}

/** The target takes the call, and is acknowledged. */
async function answers({ target }: Scene, invite: SipRequest): Promise<PeerDialog> {
  const parts = withSdp([["Contact", `<${target.uri}>`]], sdp("target", 1, 6000));
  const taken = target.answers(invite, 200, parts);
  await target.expects("ACK");
  return PeerDialog.ofCallee(target, under.udp, invite, taken);
}

/** The caller takes the target's media. */
async function takes({ caller }: Scene, description = sdp("caller", 2)): Promise<SipRequest> {
  const reinvite = await caller.expects("INVITE");
  caller.answers(reinvite, 200, withSdp([["Contact", `<${caller.uri}>`]], description));
  await caller.expects("ACK");
  return reinvite;
}

async function speaks(from: PeerDialog, to: ScriptedPeer): Promise<void> {
  await from.sends("INFO", "Signal=5");
  to.answers(await to.expects("INFO"), 200);
  await from.peer.expects(200);
}

function asked(peer: ScriptedPeer, method: string): number {
  return peer.received.filter((message) => message.kind === "request" && message.method === method).length;
}

/** What the log has, by the words. */
async function ends(): Promise<string[]> {
  return (await under.calls()).map(({ action, end, status }) => `${action} ${status} ${end}`).sort();
}

describe("Divert transfers a call itself", () => {
  it("blindly: the target is called, the caller joined with it, and the phone hung up on", async () => {
    const at = await scene({});
    const { caller, phone, first, target } = at;
    await first.near.sends("REFER", undefined, referTo("<sip:103@divert.example>"));
    caller.answers(await caller.expects("REFER"), 405);
    await phone.peer.expects(202);
    assert.equal(await notified(phone), "100 active");
    const invite = await target.expects("INVITE");
    assert.equal(invite.requestUri, `sip:103@pbx.example`);
    assert.equal(invite.headers.get("Referred-By"), "<sip:101@pbx.example>");
    assert.match(invite.headers.get("From") ?? "", /<sip:101@pbx\.example>/);
    // What the caller has said of its media, byte for byte.
    assert.equal(invite.body.toString(), sdp("caller"));
    target.answers(invite, 180);
    assert.equal(await notified(phone), "180 active");

    const answered = await answers(at, invite);
    const reinvite = await takes(at);
    // Within its dialog the caller knows one origin, and the next version of that.
    assert.equal(reinvite.body.toString(), sdp("phone", 2, 6000));
    assert.equal(await notified(phone), "200 terminated");
    phone.peer.answers(await phone.peer.expects("BYE"), 200);
    assert.equal(under.divert.lines.find("101")?.callsInProgress, 0);

    await speaks(first.far, target);
    await speaks(answered, caller);
    await hangUp(answered, caller);
    assert.deepEqual(await ends(), ["dial 200 hungUpByCallee", "ring 200 transferred"]);
    await under.leavesNothing();
  });

  it("whatever the PBX refuses with; a target that is busy leaves the call as it was", async () => {
    const at = await scene({});
    const { caller, phone, first, target } = at;
    for (const status of [403, 420, 481, 488, 501, 503, 603]) {
      await first.near.sends("REFER", undefined, referTo("<sip:103@divert.example>"));
      caller.answers(await caller.expects("REFER"), status);
      await phone.peer.expects(202);
      assert.equal(await notified(phone), "100 active");
      const invite = await target.expects("INVITE");
      target.answers(invite, 486);
      await target.expects("ACK");
      assert.equal(await notified(phone), "486 terminated");
    }
    await speaks(first.far, phone.peer);
    // The caller has not been bothered with it.
    assert.equal(asked(caller, "INVITE"), 0);
    await hangUp(first.far, phone.peer);
    assert.deepEqual((await ends()).slice(-2), ["dial 486 refused", "ring 200 hungUpByCaller"]);
    await under.leavesNothing();
  });

  it("without asking a PBX that says it takes no REFER; the phone may hang up right after the 202", async () => {
    const at = await scene();
    const { caller, phone, first, target } = at;
    const invite = await refer(at);
    await first.near.sends("BYE");
    await phone.peer.expects(200);
    assert.equal(asked(caller, "REFER"), 0);
    assert.equal(asked(caller, "BYE"), 0);
    // Whom it leaves behind may ask something meanwhile.
    await first.far.sends("OPTIONS");
    await caller.expects(200);
    const glare = await first.far.sends("INVITE", sdp("caller", 2));
    await caller.acknowledges(glare, await caller.expects(491), under.udp);
    const answered = await answers(at, invite);
    await takes(at);
    await speaks(first.far, target);
    await hangUp(first.far, target);
    assert.deepEqual(await ends(), ["dial 200 hungUpByCaller", "ring 200 transferred"]);
    assert.equal(answered.peer, target);
    await under.leavesNothing();
  });

  it("and hangs up on the caller when the phone has left and the target does not answer", async () => {
    const at = await scene();
    const { caller, phone, first, target } = at;
    const invite = await refer(at);
    await first.near.sends("BYE");
    await phone.peer.expects(200);
    target.answers(invite, 180);
    await under.pass(181_000);
    target.answers(await target.expects("CANCEL"), 200);
    target.answers(invite, 487);
    await target.expects("ACK");
    caller.answers(await caller.expects("BYE"), 200);
    assert.deepEqual(await ends(), ["dial 408 refused", "ring 200 transferred"]);
    await under.leavesNothing();
  });

  it("unless the caller hangs up meanwhile: the target stops ringing", async () => {
    const at = await scene();
    const { phone, first, target } = at;
    const invite = await refer(at);
    target.answers(invite, 180);
    assert.equal(await notified(phone), "180 active");
    await hangUp(first.far, phone.peer);
    target.answers(await target.expects("CANCEL"), 200);
    target.answers(invite, 487);
    await target.expects("ACK");
    assert.deepEqual(await ends(), ["dial 487 cancelled", "ring 200 hungUpByCaller"]);
    await under.leavesNothing();
  });

  it("and gives the call back when the caller will not have the target's media", async () => {
    const at = await scene();
    const { caller, phone, first, target } = at;
    const invite = await refer(at);
    await answers(at, invite);
    caller.answers(await caller.expects("INVITE"), 488);
    await caller.expects("ACK");
    assert.equal(await notified(phone), "488 terminated");
    target.answers(await target.expects("BYE"), 200);
    await speaks(first.near, caller);
    await hangUp(first.far, phone.peer);
    await under.leavesNothing();
  });

  it("and gives it back with the phone's media when the target hangs up before the caller has agreed", async () => {
    const at = await scene();
    const { caller, phone, first, target } = at;
    const answered = await answers(at, await refer(at));
    const reinvite = await caller.expects("INVITE");
    await answered.sends("BYE");
    await target.expects(200);
    assert.equal(await notified(phone), "480 terminated");
    const parts = withSdp([["Contact", `<${caller.uri}>`]], sdp("caller", 2));
    caller.answers(reinvite, 200, parts);
    await caller.expects("ACK");
    const again = await caller.expects("INVITE");
    assert.equal(again.body.toString(), sdp("phone", 3));
    caller.answers(again, 200, withSdp([["Contact", `<${caller.uri}>`]], sdp("caller", 3)));
    await caller.expects("ACK");
    await speaks(first.near, caller);
    // The next transfer may begin.
    const next = await refer(at);
    target.answers(next, 486);
    await target.expects("ACK");
    assert.equal(await notified(phone), "486 terminated");
    await hangUp(first.far, phone.peer);
    assert.deepEqual(await ends(), ["dial 486 refused", "dial 487 cancelled", "ring 200 hungUpByCaller"]);
    await under.leavesNothing();
  });

  it("and hangs up on everybody when the phone has left and the caller will not", async () => {
    const at = await scene();
    const { caller, phone, first, target } = at;
    const invite = await refer(at);
    await answers(at, invite);
    const reinvite = await caller.expects("INVITE");
    await first.near.sends("BYE");
    await phone.peer.expects(200);
    caller.answers(reinvite, 488);
    await caller.expects("ACK");
    target.answers(await target.expects("BYE"), 200);
    caller.answers(await caller.expects("BYE"), 200);
    await under.leavesNothing();
  });

  it("and hangs up on whom one of the two leaves behind while they are joined", async () => {
    const at = await scene();
    const { caller, phone, first, target } = at;
    const one = await answers(at, await refer(at));
    const offered = await caller.expects("INVITE");
    await first.near.sends("BYE");
    await phone.peer.expects(200);
    await one.sends("BYE");
    await target.expects(200);
    caller.answers(await caller.expects("BYE"), 200);
    caller.answers(offered, 200, withSdp([["Contact", `<${caller.uri}>`]], sdp("caller", 2)));
    await caller.expects("ACK");

    const second = await talk(under, caller, phone, "+4989123457", { headers: noTransfers });
    const again = { ...at, first: second };
    await answers(again, await refer(again));
    const reinvite = await caller.expects("INVITE");
    await second.far.sends("BYE");
    await caller.expects(200);
    phone.peer.answers(await phone.peer.expects("BYE"), 200);
    target.answers(await target.expects("BYE"), 200);
    caller.answers(reinvite, 487);
    await under.leavesNothing();
  });

  it("and tries again where its offer meets one of the caller's", async () => {
    const at = await scene();
    const { caller, phone, target, first } = at;
    const invite = await refer(at);
    await answers(at, invite);
    caller.answers(await caller.expects("INVITE"), 491);
    await caller.expects("ACK");
    await under.pass(4_500);
    await takes(at);
    assert.equal(await notified(phone), "200 terminated");
    phone.peer.answers(await phone.peer.expects("BYE"), 200);
    await hangUp(first.far, target);
    await under.leavesNothing();
  });

  it("after an offer between phone and caller that is under way has been answered", async () => {
    const at = await scene();
    const { caller, phone, target, first } = at;
    const invite = await refer(at);
    const hold = await first.near.sends("INVITE", sdp("phone", 2, 4000, "a=sendonly"));
    const held = await caller.expects("INVITE");
    await answers(at, invite);
    assert.equal(asked(caller, "INVITE"), 1);
    caller.answers(
      held,
      200,
      withSdp([["Contact", `<${caller.uri}>`]], sdp("caller", 2, 4000, "a=recvonly")),
    );
    await phone.peer.expects(200);
    await first.near.acknowledges(hold);
    await caller.expects("ACK");
    const reinvite = await takes(at, sdp("caller", 3));
    assert.equal(reinvite.body.toString(), sdp("phone", 3, 6000));
    assert.equal(await notified(phone), "200 terminated");
    phone.peer.answers(await phone.peer.expects("BYE"), 200);
    await hangUp(first.far, target);
    await under.leavesNothing();
  });

  it("from hold: the target gets what the caller said before it was held", async () => {
    const at = await scene();
    const { caller, phone, first, target } = at;
    const hold = await first.near.sends("INVITE", sdp("phone", 2, 4000, "a=sendonly"));
    const held = await caller.expects("INVITE");
    caller.answers(
      held,
      200,
      withSdp([["Contact", `<${caller.uri}>`]], sdp("caller", 2, 4000, "a=recvonly")),
    );
    await phone.peer.expects(200);
    await first.near.acknowledges(hold);
    await caller.expects("ACK");
    const invite = await refer(at);
    assert.equal(invite.body.toString(), sdp("caller"));
    target.answers(invite, 486);
    await target.expects("ACK");
    assert.equal(await notified(phone), "486 terminated");
    await hangUp(first.far, phone.peer);
    await under.leavesNothing();
  });

  it("and tells the target when the caller's media have moved", async () => {
    const at = await scene();
    const { phone, first, target } = at;
    const invite = await refer(at);
    await answers(at, invite);
    await takes(at, sdp("caller", 2, 4444));
    const moved = await target.expects("INVITE");
    assert.equal(moved.body.toString(), sdp("caller", 2, 4444));
    target.answers(moved, 200, withSdp([["Contact", `<${target.uri}>`]], sdp("target", 2, 6000)));
    await target.expects("ACK");
    assert.equal(await notified(phone), "200 terminated");
    phone.peer.answers(await phone.peer.expects("BYE"), 200);
    await hangUp(first.far, target);
    await under.leavesNothing();
  });

  it("once at a time, silently where the phone wants it so, and to nobody whom the line may not call", async () => {
    const at = await scene();
    const { phone, first, target } = at;
    await first.near.sends("REFER", undefined, referTo("<sip:bob@elsewhere.example>"));
    await phone.peer.expects(404);
    await first.near.sends("REFER", undefined, referTo("<sip:103@x;method=BYE>"));
    await phone.peer.expects(501);
    await first.near.sends("REFER", undefined, referTo("<sip:103@x>", ["Refer-Sub", "false"]));
    const accepted = await phone.peer.expects(202);
    assert.equal(accepted.headers.get("Refer-Sub"), "false");
    const invite = await target.expects("INVITE");
    await first.near.sends("REFER", undefined, referTo("<sip:104@x>"));
    await phone.peer.expects(491);
    target.answers(invite, 603);
    await target.expects("ACK");
    assert.equal(asked(phone.peer, "NOTIFY"), 0);
    await hangUp(first.far, phone.peer);
    await under.leavesNothing();
  });

  it("and ends both ends when it is stopped itself", async () => {
    const at = await scene();
    const { caller, phone, first, target } = at;
    const invite = await refer(at);
    await first.near.sends("BYE");
    await phone.peer.expects(200);
    target.answers(invite, 180);
    const closed = under.close();
    target.answers(await target.expects("CANCEL"), 200);
    target.answers(invite, 487);
    caller.answers(await caller.expects("BYE"), 200);
    await closed;
  });
});

describe("Divert joins two calls of a phone itself", () => {
  it("where the PBX refuses: both ends are offered each other, and the phone hung up on twice", async () => {
    const at = await scene();
    const { caller, phone, first, target } = at;
    const second = await dial(under, phone, "105");
    const named = replacingDialled(second.dialled, second.success);
    await first.near.sends("REFER", undefined, referTo(`<sip:105@divert.example?Replaces=${named}>`));
    await phone.peer.expects(202);
    assert.equal(await notified(phone), "100 active");
    const offered = await target.expects("INVITE");
    assert.equal(offered.body.toString(), sdp("phone", 2));
    target.answers(offered, 200, withSdp([["Contact", `<${target.uri}>`]], sdp("colleague", 2, 7000)));
    await target.expects("ACK");
    const reinvite = await takes(at);
    assert.equal(reinvite.body.toString(), sdp("phone", 2, 7000));
    assert.equal(await notified(phone), "200 terminated");
    for (let left = 2; left > 0; left--) phone.peer.answers(await phone.peer.expects("BYE"), 200);
    assert.equal(under.divert.lines.find("101")?.callsInProgress, 0);
    await speaks(second.far, caller);
    await speaks(first.far, target);
    await hangUp(second.far, caller);
    assert.deepEqual(await ends(), ["dial 200 transferred", "ring 200 transferred"]);
    await under.leavesNothing();
  });

  it("and leaves both as they were when one end will not", async () => {
    const at = await scene();
    const { caller, phone, first, target } = at;
    const second = await dial(under, phone, "105");
    const named = replacingDialled(second.dialled, second.success);
    await first.near.sends("REFER", undefined, referTo(`<sip:105@divert.example?Replaces=${named}>`));
    await phone.peer.expects(202);
    assert.equal(await notified(phone), "100 active");
    target.answers(await target.expects("INVITE"), 488);
    await target.expects("ACK");
    assert.equal(await notified(phone), "488 terminated");
    await speaks(first.near, caller);
    await speaks(second.near, target);
    await hangUp(first.far, phone.peer);
    await hangUp(second.far, phone.peer);
    await under.leavesNothing();
  });

  it("and gives the second back with the phone's media when the first ends meanwhile", async () => {
    const at = await scene();
    const { phone, first, target } = at;
    const second = await dial(under, phone, "105");
    const named = replacingDialled(second.dialled, second.success);
    await first.near.sends("REFER", undefined, referTo(`<sip:105@divert.example?Replaces=${named}>`));
    await phone.peer.expects(202);
    assert.equal(await notified(phone), "100 active");
    const offered = await target.expects("INVITE");
    await hangUp(first.far, phone.peer);
    target.answers(offered, 200, withSdp([["Contact", `<${target.uri}>`]], sdp("colleague", 2, 7000)));
    await target.expects("ACK");
    const again = await target.expects("INVITE");
    assert.equal(again.body.toString(), sdp("phone", 3));
    target.answers(again, 200, withSdp([["Contact", `<${target.uri}>`]], sdp("colleague", 3, 7000)));
    await target.expects("ACK");
    await speaks(second.near, target);
    await hangUp(second.far, phone.peer);
    await under.leavesNothing();
  });

  it("and ends nobody's call but the first when the second ends meanwhile", async () => {
    const at = await scene();
    const { caller, phone, first, target } = at;
    const second = await dial(under, phone, "105");
    const named = replacingDialled(second.dialled, second.success);
    await first.near.sends("REFER", undefined, referTo(`<sip:105@divert.example?Replaces=${named}>`));
    await phone.peer.expects(202);
    assert.equal(await notified(phone), "100 active");
    const offered = await target.expects("INVITE");
    await hangUp(second.far, phone.peer);
    target.answers(offered, 487);
    await target.expects("ACK");
    assert.equal(await notified(phone), "480 terminated");
    await speaks(first.near, caller);
    await hangUp(first.far, phone.peer);
    await under.leavesNothing();
  });

  it("of two lines of one device, which the PBX cannot know; the phone may hang up both at once", async () => {
    under = await DivertUnderTest.start({ lines: { "101": "refusing", "102": "refusing" }, phones: true });
    const caller = await under.peer();
    const target = await under.peer();
    const device = loopbackAddress();
    const one = await FlowPhone.register(under, "101", device);
    const two = await FlowPhone.register(under, "102", device);
    const first = await talk(under, caller, one, "+4989123456");
    const second = await talk(under, target, two, "+4989123457", {
      line: "102",
      offer: sdp("second", 1, 7000),
    });
    const named = replacing(second.rung, second.answer);
    await first.near.sends("REFER", undefined, referTo(`<sip:102@divert.example?Replaces=${named}>`));
    await one.peer.expects(202);
    assert.equal(await notified(one), "100 active");
    assert.equal(asked(caller, "REFER"), 0);
    const offered = await target.expects("INVITE");
    await first.near.sends("BYE");
    await one.peer.expects(200);
    await second.near.sends("BYE");
    await two.peer.expects(200);
    target.answers(offered, 200, withSdp([["Contact", `<${target.uri}>`]], sdp("second", 2, 7000)));
    await target.expects("ACK");
    const reinvite = await caller.expects("INVITE");
    caller.answers(reinvite, 200, withSdp([["Contact", `<${caller.uri}>`]], sdp("caller", 2)));
    await caller.expects("ACK");
    await speaks(second.far, caller);
    await hangUp(first.far, target);
    await under.leavesNothing();
  });
});
