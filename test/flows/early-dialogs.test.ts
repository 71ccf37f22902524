/** What is said before a call is answered: ringing that is acknowledged (RFC 3262), early media, requests in early dialogs. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { SipRequest, SipResponse } from "../../src/sip/user-agent.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import type { UnderTestOptions } from "../support/divert-under-test.ts";
import { FlowPhone, PeerDialog, withSdp } from "../support/flow-phone.ts";
import type { PeerAnswer, ScriptedPeer } from "../support/scripted-peer.ts";

const offer = "v=0\r\ns=offer\r\n";
const answer = "v=0\r\ns=answer\r\n";
const supported = ["Supported", "100rel"] as const;
const required = ["Require", "100rel"] as const;
type Headers = readonly (readonly [string, string])[];

const open: DivertUnderTest[] = [];
afterEach(async () => {
  for (const under of open.splice(0)) await under.close();
});

/** The PBX, a line at it, and the line's phones. */
async function scene(phones: number, options: UnderTestOptions = {}) {
  const under = await DivertUnderTest.start({ lines: { "101": "refusing" }, phones: true, ...options });
  open.push(under);
  const pbx = await under.peer();
  const desks: FlowPhone[] = [];
  for (let i = 0; i < phones; i++) desks.push(await FlowPhone.register(under, "101", loopbackAddress()));
  const invite = (headers: Headers = [], sdp: string | undefined = offer) =>
    pbx.sends("INVITE", under.udp, { requestUri: under.contact("101"), ...withSdp(headers, sdp) });
  return { under, pbx, desk: desks[0] as FlowPhone, other: desks[1] as FlowPhone, invite };
}

/** The parts of a reliable provisional response. */
function reliably(number: number, sdp?: string, contact?: string): PeerAnswer {
  return withSdp(
    [...(contact === undefined ? [] : [["Contact", contact] as const]), required, ["RSeq", String(number)]],
    sdp,
  );
}

/** The same from another end behind that peer. */
function as(toTag: string, parts: PeerAnswer): PeerAnswer {
  return { ...parts, toTag };
}

function rack({ headers }: SipResponse, cseq = 1): Headers {
  return [["RAck", `${headers.get("RSeq") ?? ""} ${cseq} INVITE`]];
}

function body(message: SipRequest | SipResponse): string {
  return message.body.toString();
}

function requests(peer: ScriptedPeer, method: string): number {
  return peer.received.filter((message) => message.kind === "request" && message.method === method).length;
}

describe("one phone, and a caller's side that knows 100rel", () => {
  it("the ringing is acknowledged from end to end, UPDATE goes both ways, and the answer ends it all", async () => {
    const { under, pbx, desk, invite } = await scene(1);
    const call = await invite([supported]);
    const rung = await desk.peer.expects("INVITE");
    assert.ok(rung.headers.values("Supported").includes("100rel"));
    assert.ok(rung.headers.values("Allow").includes("PRACK"));

    const early = desk.peer.answers(rung, 183, reliably(100, answer, desk.contact));
    const progress = await pbx.expects(183);
    assert.deepEqual(progress.headers.values("Require"), ["100rel"]);
    assert.ok(progress.headers.values("Allow").includes("UPDATE"));
    assert.notEqual(progress.headers.get("RSeq"), "100", "the number is our own");
    assert.equal(body(progress), answer);
    assert.equal(requests(desk.peer, "PRACK"), 0, "it is the caller's word that counts");

    const caller = PeerDialog.ofCaller(pbx, under.udp, call, progress);
    await caller.sends("PRACK", "a further offer", rack(progress));
    const prack = await desk.peer.expects("PRACK");
    assert.deepEqual(prack.headers.all("RAck"), ["100 1 INVITE"]);
    assert.equal(prack.cseq.number, 2);
    assert.equal(body(prack), "a further offer");
    desk.peer.answers(prack, 200, withSdp([], "its answer"));
    assert.equal(body(await pbx.expects(200)), "its answer");

    await caller.sends("UPDATE", "hold");
    const update = await desk.peer.expects("UPDATE");
    assert.deepEqual([update.cseq.number, body(update)], [3, "hold"]);
    desk.peer.answers(update, 200, withSdp([["Contact", desk.contact]], "held"));
    assert.equal(body(await pbx.expects(200)), "held");
    const callee = PeerDialog.ofCallee(desk.peer, under.udp, rung, early);
    await callee.sends("UPDATE", "resume");
    const other = await pbx.expects("UPDATE");
    assert.equal(body(other), "resume");
    pbx.answers(other, 200, withSdp([["Contact", `<${pbx.uri}>`]], "resumed"));
    assert.equal(body(await desk.peer.expects(200)), "resumed");
    await callee.sends("UPDATE", "no");
    pbx.answers(await pbx.expects("UPDATE"), 488);
    await desk.peer.expects(488);

    desk.peer.answers(rung, 200, desk.answer());
    const success = await pbx.expects(200);
    assert.equal(success.toTag, progress.toTag);
    await caller.acknowledges(call);
    await desk.peer.expects("ACK");
    await caller.sends("INFO", "Signal=1");
    const info = await desk.peer.expects("INFO");
    assert.equal(info.cseq.number, 4, "one dialog, counted on");
    desk.peer.answers(info, 200);
    await pbx.expects(200);
    await caller.sends("BYE");
    desk.peer.answers(await desk.peer.expects("BYE"), 200);
    await under.leavesNothing();
    assert.equal((await under.calls()).at(-1)?.end, "hungUpByCaller");
  });

  it("a wrong PRACK, and a second one, are 481; the response is repeated until the right one", async () => {
    const { under, pbx, desk, invite } = await scene(1);
    const call = await invite([supported]);
    const rung = await desk.peer.expects("INVITE");
    desk.peer.answers(rung, 180, reliably(1, undefined, desk.contact));
    const ringing = await pbx.expects(180);
    const caller = PeerDialog.ofCaller(pbx, under.udp, call, ringing);
    await caller.sends("PRACK", undefined, [["RAck", "99999 1 INVITE"]]);
    assert.equal((await pbx.expects(481)).cseq.method, "PRACK");
    await under.pass(1_500);
    assert.ok(pbx.copies >= 1);
    await caller.sends("PRACK", undefined, rack(ringing));
    desk.peer.answers(await desk.peer.expects("PRACK"), 200);
    await pbx.expects(200);
    await caller.sends("PRACK", undefined, rack(ringing));
    await pbx.expects(481);
    assert.equal(requests(desk.peer, "PRACK"), 1);

    desk.peer.answers(rung, 486);
    await desk.peer.expects("ACK");
    await pbx.acknowledges(call, await pbx.expects(486), under.udp);
    await caller.sends("UPDATE", offer);
    assert.equal((await pbx.expects(481)).cseq.method, "UPDATE", "the early dialog is over");
    await under.leavesNothing();
  });

  it("a caller who acknowledges nothing is refused with 504 after 32 s, and the phone stops ringing", async () => {
    const { under, pbx, desk, invite } = await scene(1);
    const call = await invite([supported]);
    const rung = await desk.peer.expects("INVITE");
    desk.peer.answers(rung, 180, reliably(1, undefined, desk.contact));
    await pbx.expects(180);
    await under.pass(33_000);
    await pbx.acknowledges(call, await pbx.expects(504), under.udp);
    desk.peer.answers(await desk.peer.expects("CANCEL"), 200);
    desk.peer.answers(rung, 487);
    await desk.peer.expects("ACK");
    await under.leavesNothing();
    const [logged] = await under.calls();
    assert.deepEqual([logged?.status, logged?.end], [504, "lost"]);
  });

  it("an offer in the ringing gets its answer in the PRACK", async () => {
    const { under, pbx, desk } = await scene(1);
    const call = await pbx.sends("INVITE", under.udp, {
      requestUri: under.contact("101"),
      headers: [supported],
    });
    const rung = await desk.peer.expects("INVITE");
    assert.equal(rung.body.length, 0);
    desk.peer.answers(rung, 183, reliably(1, offer, desk.contact));
    const progress = await pbx.expects(183);
    assert.equal(body(progress), offer);
    const caller = PeerDialog.ofCaller(pbx, under.udp, call, progress);
    await caller.sends("PRACK", answer, rack(progress));
    const prack = await desk.peer.expects("PRACK");
    assert.equal(body(prack), answer);
    desk.peer.answers(prack, 200);
    await pbx.expects(200);
    desk.peer.answers(rung, 200, desk.answer());
    await pbx.expects(200);
    await caller.acknowledges(call);
    await desk.peer.expects("ACK");
    await caller.sends("BYE");
    desk.peer.answers(await desk.peer.expects("BYE"), 200);
    await under.leavesNothing();
  });

  it("ringing that is overtaken by the answer may still be acknowledged", async () => {
    const { under, pbx, desk, invite } = await scene(1);
    const call = await invite([supported]);
    const rung = await desk.peer.expects("INVITE");
    desk.peer.answers(rung, 180, reliably(1, undefined, desk.contact));
    const ringing = await pbx.expects(180);
    desk.peer.answers(rung, 200, desk.answer(answer));
    await pbx.expects(200);
    const caller = PeerDialog.ofCaller(pbx, under.udp, call, ringing);
    await caller.acknowledges(call);
    await desk.peer.expects("ACK");
    await caller.sends("PRACK", undefined, rack(ringing));
    desk.peer.answers(await desk.peer.expects("PRACK"), 200);
    assert.equal((await pbx.expects(200)).cseq.method, "PRACK");
    await caller.sends("BYE");
    desk.peer.answers(await desk.peer.expects("BYE"), 200);
    await under.leavesNothing();
  });
});

describe("a phone that has given its answer and is then passed over", () => {
  it("leaves the caller free for the target's answer, which comes in another dialog", async () => {
    const { under, pbx, desk, invite } = await scene(1, {
      lines: { "101": "refusing", "103": "refusing" },
      pbx: { redirectAfterRinging: "no" },
      rules: { "101": { "noAnswer/all": "103" } },
    });
    const target = under.pbx.calls;
    const call = await invite([supported]);
    const rung = await desk.peer.expects("INVITE");
    desk.peer.answers(rung, 183, reliably(1, answer, desk.contact));
    const progress = await pbx.expects(183);
    const first = PeerDialog.ofCaller(pbx, under.udp, call, progress);
    await first.sends("PRACK", undefined, rack(progress));
    desk.peer.answers(await desk.peer.expects("PRACK"), 200);
    await pbx.expects(200);
    await under.pass(25_000);
    desk.peer.answers(await desk.peer.expects("CANCEL"), 200);
    desk.peer.answers(rung, 487);
    await desk.peer.expects("ACK");
    const forwarded = await pbx.expects(181);
    assert.notEqual(forwarded.toTag, progress.toTag);
    const second = await target.expects("INVITE");
    target.answers(second, 200, withSdp([["Contact", `<${target.uri}>`]], "the target's answer"));
    const success = await pbx.expects(200);
    assert.equal(success.toTag, forwarded.toTag);
    assert.equal(body(success), "the target's answer");
    await target.expects("ACK");
    const talking = PeerDialog.ofCaller(pbx, under.udp, call, success);
    await talking.acknowledges(call);
    await talking.sends("BYE");
    target.answers(await target.expects("BYE"), 200);
    await under.leavesNothing();
  });
});

describe("a caller who insists on 100rel", () => {
  it("hears a phone that does not know it reliably, and its 200 only after the early answer is acknowledged", async () => {
    const { under, pbx, desk, invite } = await scene(1);
    const call = await invite([required]);
    const rung = await desk.peer.expects("INVITE");
    desk.peer.answers(rung, 183, desk.answer(answer));
    const progress = await pbx.expects(183);
    assert.ok(progress.headers.has("RSeq"));
    desk.peer.answers(rung, 200, desk.answer(answer));
    await desk.peer.expects("ACK");
    await under.pass(500);
    assert.ok(!pbx.received.some((message) => message.kind === "response" && message.status === 200));
    const caller = PeerDialog.ofCaller(pbx, under.udp, call, progress);
    await caller.sends("PRACK", undefined, rack(progress));
    const both = [await pbx.expects(200), await pbx.expects(200)].map(({ cseq }) => cseq.method);
    assert.deepEqual(both.toSorted(), ["INVITE", "PRACK"]);
    await caller.acknowledges(call);
    await caller.sends("BYE");
    desk.peer.answers(await desk.peer.expects("BYE"), 200);
    await under.leavesNothing();
    assert.equal((await under.calls()).at(-1)?.end, "hungUpByCaller");
  });

  it("hears several phones as our own ringing, without their media, and they are not asked for it", async () => {
    const { under, pbx, desk, other, invite } = await scene(2);
    const call = await invite([required]);
    const [first, second] = [await desk.peer.expects("INVITE"), await other.peer.expects("INVITE")];
    assert.ok(!first.headers.values("Supported").includes("100rel"));
    desk.peer.answers(first, 183, desk.answer(answer));
    const ringing = await pbx.expects(180);
    assert.equal(ringing.body.length, 0);
    const caller = PeerDialog.ofCaller(pbx, under.udp, call, ringing);
    await caller.sends("PRACK", undefined, rack(ringing));
    assert.equal((await pbx.expects(200)).cseq.method, "PRACK");
    // Nobody has offered it that; it is acknowledged all the same, and goes no further.
    other.peer.answers(second, 180, reliably(9, undefined, other.contact));
    const prack = await other.peer.expects("PRACK");
    assert.equal(prack.headers.get("RAck"), "9 1 INVITE");
    other.peer.answers(prack, 200);
    await pbx.cancels(call, under.udp);
    await pbx.acknowledges(call, await pbx.expects(487), under.udp);
    for (const [phone, rung] of [
      [desk, first],
      [other, second],
    ] as const) {
      phone.peer.answers(await phone.peer.expects("CANCEL"), 200);
      phone.peer.answers(rung, 487);
      await phone.peer.expects("ACK");
    }
    await under.leavesNothing();
  });

  it("is redirected as ever, without a provisional response", async () => {
    const { under, pbx, invite } = await scene(0, {
      lines: { "101": "refusing", "102": "refusing" },
      rules: { "101": { "always/all": "102" } },
    });
    const call = await invite([required]);
    await pbx.acknowledges(call, await pbx.expects(302), under.udp);
    assert.equal(pbx.received.length, 1);
    await under.leavesNothing();
  });

  it("hears ringing in place of a refusal reliably, and again every minute", async () => {
    const { under, pbx, invite } = await scene(0, { lines: { "101": "ringing" } });
    const call = await invite([required]);
    let ringing = await pbx.expects(180);
    const numbers = [Number(ringing.headers.get("RSeq"))];
    const caller = PeerDialog.ofCaller(pbx, under.udp, call, ringing);
    await caller.sends("PRACK", undefined, rack(ringing));
    await pbx.expects(200);
    await under.pass(60_000);
    ringing = await pbx.expects(180);
    numbers.push(Number(ringing.headers.get("RSeq")));
    assert.equal(numbers[1], (numbers[0] ?? 0) + 1);
    await caller.sends("PRACK", undefined, rack(ringing));
    await pbx.expects(200);
    await caller.sends("BYE");
    assert.equal((await pbx.expects(200)).cseq.method, "BYE");
    await pbx.acknowledges(call, await pbx.expects(487), under.udp);
    await under.leavesNothing();
    assert.equal((await under.calls()).at(-1)?.end, "cancelled");
  });

  it("hears that its call is forwarded, then the target: one after the other, both acknowledged", async () => {
    const { under, pbx, invite } = await scene(0, {
      lines: { "101": "refusing", "103": "refusing" },
      pbx: { redirect: "no" },
      rules: { "101": { "always/all": "103" } },
    });
    const target = under.pbx.calls;
    const call = await invite([required]);
    const forwarded = await pbx.expects(181);
    const second = await target.expects("INVITE");
    assert.ok(second.headers.values("Supported").includes("100rel"));
    target.answers(second, 183, reliably(77, answer, `<${target.uri}>`));
    await under.pass(400);
    assert.ok(!pbx.received.some((message) => message.kind === "response" && message.status === 183));
    const caller = PeerDialog.ofCaller(pbx, under.udp, call, forwarded);
    await caller.sends("PRACK", undefined, rack(forwarded));
    await pbx.expects(200);
    const progress = await pbx.expects(183);
    assert.equal(Number(progress.headers.get("RSeq")), Number(forwarded.headers.get("RSeq")) + 1);
    assert.equal(body(progress), answer);
    await caller.sends("PRACK", undefined, rack(progress));
    const prack = await target.expects("PRACK");
    assert.equal(prack.headers.get("RAck"), "77 1 INVITE");
    target.answers(prack, 200);
    await pbx.expects(200);
    target.answers(second, 200, { headers: [["Contact", `<${target.uri}>`]] });
    assert.equal((await pbx.expects(200)).toTag, forwarded.toTag);
    await target.expects("ACK");
    await caller.acknowledges(call);
    await caller.sends("BYE");
    target.answers(await target.expects("BYE"), 200);
    await under.leavesNothing();
  });
});

describe("a caller who does not know 100rel", () => {
  it("is not given it, and the phone is not asked for it; early media pass", async () => {
    const { under, pbx, desk, invite } = await scene(1);
    const call = await invite();
    const rung = await desk.peer.expects("INVITE");
    assert.ok(!rung.headers.values("Supported").includes("100rel"));
    desk.peer.answers(rung, 183, desk.answer(answer));
    const progress = await pbx.expects(183);
    assert.ok(!progress.headers.has("Require") && !progress.headers.has("RSeq"));
    assert.equal(body(progress), answer);
    // INFO and UPDATE find the early dialog all the same.
    const caller = PeerDialog.ofCaller(pbx, under.udp, call, progress);
    await caller.sends("INFO", "Signal=1");
    desk.peer.answers(await desk.peer.expects("INFO"), 200);
    await pbx.expects(200);
    await caller.sends("PRACK", undefined, [["RAck", "1 1 INVITE"]]);
    await pbx.expects(481);
    desk.peer.answers(rung, 486);
    await desk.peer.expects("ACK");
    await pbx.acknowledges(call, await pbx.expects(486), under.udp);
    await under.leavesNothing();
  });

  it("hears ringing of whatever kind: without a tag, with several, and no 199", async () => {
    const { under, pbx, desk, invite } = await scene(1);
    const call = await invite();
    const rung = await desk.peer.expects("INVITE");
    desk.peer.answers(rung, 180, as("", {}));
    const first = await pbx.expects(180);
    assert.ok(first.toTag !== undefined, "ours has a tag");
    desk.peer.answers(rung, 182, as("one", desk.answer()));
    assert.equal((await pbx.expects(182)).toTag, first.toTag);
    desk.peer.answers(rung, 181, as("other", desk.answer()));
    assert.equal((await pbx.expects(181)).toTag, first.toTag);
    desk.peer.answers(rung, 199, as("one", desk.answer()));
    desk.peer.answers(rung, 200, as("other", desk.answer(answer)));
    assert.equal((await pbx.expects(200)).toTag, first.toTag);
    assert.ok(!pbx.received.some((message) => message.kind === "response" && message.status === 199));
    const caller = PeerDialog.ofCaller(pbx, under.udp, call, first);
    await caller.acknowledges(call);
    assert.equal((await desk.peer.expects("ACK")).toTag, "other");
    await caller.sends("BYE");
    desk.peer.answers(await desk.peer.expects("BYE"), 200);
    await under.leavesNothing();
  });
});

describe("a phone that calls out and knows 100rel", () => {
  it("acknowledges one fork's answer, hears another in a dialog of its own, and talks to that (RFC 3261 §13.2.2.4)", async () => {
    const { under, desk } = await scene(1);
    const pbx = under.pbx.calls;
    const contact = `<${pbx.uri}>`;
    const dialled = await desk.dials("105", offer, [supported]);
    const cseq = dialled.cseq.number;
    const invite = await pbx.expects("INVITE");
    assert.ok(invite.headers.values("Supported").includes("100rel"));
    pbx.answers(invite, 180, as("desk", reliably(5, undefined, contact)));
    const ringing = await desk.peer.expects(180);
    const first = PeerDialog.ofCaller(desk.peer, under.udp, dialled, ringing);
    await first.sends("PRACK", undefined, rack(ringing, cseq));
    const one = await pbx.expects("PRACK");
    assert.deepEqual([one.toTag, one.headers.get("RAck")], ["desk", "5 1 INVITE"]);
    pbx.answers(one, 200);
    await desk.peer.expects(200);

    pbx.answers(invite, 183, as("gateway", reliably(800, answer, contact)));
    const progress = await desk.peer.expects(183);
    assert.equal(progress.toTag, ringing.toTag, "nobody has answered in it before");
    await first.sends("PRACK", undefined, rack(progress, cseq));
    const two = await pbx.expects("PRACK");
    assert.deepEqual([two.toTag, two.headers.get("RAck")], ["gateway", "800 1 INVITE"]);
    pbx.answers(two, 200);
    await desk.peer.expects(200);
    await first.sends("UPDATE", "to the gateway");
    const update = await pbx.expects("UPDATE");
    assert.equal(update.toTag, "gateway");
    pbx.answers(update, 200, { headers: [["Contact", contact]] });
    await desk.peer.expects(200);

    pbx.answers(invite, 200, as("desk", withSdp([["Contact", contact]], "the desk's answer")));
    const success = await desk.peer.expects(200);
    assert.notEqual(success.toTag, progress.toTag, "the gateway's answer does not hold for the desk");
    assert.equal(body(success), "the desk's answer");
    const talking = PeerDialog.ofCaller(desk.peer, under.udp, dialled, success);
    await talking.acknowledges(dialled);
    assert.equal((await pbx.expects("ACK")).toTag, "desk");
    await first.sends("UPDATE", "too late");
    await desk.peer.expects(481);
    await talking.sends("BYE");
    const bye = await pbx.expects("BYE");
    assert.equal(bye.toTag, "desk");
    pbx.answers(bye, 200);
    await under.leavesNothing();
    assert.equal((await under.calls()).at(-1)?.end, "hungUpByCaller");
  });

  it("has its PRACK sent with the line's password where the PBX asks for it", async () => {
    const { under, desk } = await scene(1);
    const pbx = under.pbx.calls;
    const contact = `<${pbx.uri}>`;
    const challenge = ["Proxy-Authenticate", 'Digest realm="pbx.example", nonce="n1", qop="auth"'] as const;
    const dialled = await desk.dials("105", offer, [supported]);
    pbx.answers(await pbx.expects("INVITE"), 407, { headers: [challenge] });
    await pbx.expects("ACK");
    const invite = await pbx.expects("INVITE");
    pbx.answers(invite, 180, reliably(5, undefined, contact));
    const ringing = await desk.peer.expects(180);
    const caller = PeerDialog.ofCaller(desk.peer, under.udp, dialled, ringing);
    await caller.sends("PRACK", undefined, rack(ringing, dialled.cseq.number));
    const bare = await pbx.expects("PRACK");
    pbx.answers(bare, 407, { headers: [challenge] });
    const prack = await pbx.expects("PRACK");
    assert.match(prack.headers.get("Proxy-Authorization") ?? "", /username="101"/);
    assert.equal(prack.headers.get("RAck"), `5 ${invite.cseq.number} INVITE`);
    pbx.answers(prack, 200);
    assert.equal((await desk.peer.expects(200)).cseq.method, "PRACK");
    pbx.answers(invite, 486);
    await pbx.expects("ACK");
    await desk.peer.acknowledges(dialled, await desk.peer.expects(486), under.udp);
    await under.leavesNothing();
  });
});
