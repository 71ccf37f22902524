import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { SipRequest, SipResponse } from "../../src/sip/message/message.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import type { UnderTestOptions } from "../support/divert-under-test.ts";
import { FlowPhone, PeerDialog, withSdp } from "../support/flow-phone.ts";
import type { ScriptedPeer } from "../support/scripted-peer.ts";

const offer = "v=0\r\no=caller 1 1 IN IP4 192.0.2.7\r\ns=an offer, byte for byte \u00e9\r\n";
const reply = "v=0\r\no=phone 2 2 IN IP4 192.0.2.8\r\ns=a reply\r\n";

/** A line with phones, and the PBX that calls it. */
async function scene(phones: number, options: UnderTestOptions = {}) {
  const under = await DivertUnderTest.start({ lines: { "101": "refusing" }, phones: true, ...options });
  open.push(under);
  const pbx = await under.peer();
  const desks: FlowPhone[] = [];
  for (let i = 0; i < phones; i++) {
    desks.push(await FlowPhone.register(under, "101", loopbackAddress()));
  }
  const invite = (sdp: string | undefined = offer, headers: readonly (readonly [string, string])[] = []) =>
    pbx.sends("INVITE", under.udp, {
      requestUri: under.contact("101"),
      from: `"Anna Meier" <sip:105@pbx.example>;tag=caller`,
      ...withSdp(headers, sdp === "" ? undefined : sdp),
    });
  return { under, pbx, desks, invite, desk: desks[0] as FlowPhone, other: desks[1] as FlowPhone };
}

const open: DivertUnderTest[] = [];
afterEach(async () => {
  for (const under of open.splice(0)) await under.close();
});

/** They talk: both dialogs. */
async function talk(
  { under, pbx, invite }: Awaited<ReturnType<typeof scene>>,
  phone: FlowPhone,
): Promise<{ caller: PeerDialog; callee: PeerDialog }> {
  const call = await invite();
  const rung = await phone.peer.expects("INVITE");
  const answer = phone.peer.answers(rung, 200, phone.answer(reply));
  const success = await pbx.expects(200);
  const caller = PeerDialog.ofCaller(pbx, under.udp, call, success);
  await caller.acknowledges(call);
  await phone.peer.expects("ACK");
  return { caller, callee: PeerDialog.ofCallee(phone.peer, under.udp, rung, answer) };
}

async function ends(under: DivertUnderTest, end: string): Promise<void> {
  await under.leavesNothing();
  const calls = await under.calls();
  assert.equal(calls.at(-1)?.end, end);
}

function body(message: SipRequest | SipResponse): string {
  return message.body.toString("utf8");
}

async function nothingBut(peer: ScriptedPeer, methods: readonly string[]): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  const came = peer.received.filter((m) => m.kind === "request").map((m) => m.method);
  assert.deepEqual(came, methods);
}

describe("a call that no rule forwards", () => {
  it("rings the phone, which answers; they talk until the caller hangs up", async () => {
    const all = await scene(1);
    const { under, pbx, desk, invite } = all;
    const call = await invite(offer, [
      ["P-Asserted-Identity", "<sip:105@pbx.example>"],
      ["X-Inner", "secret"],
      ["Alert-Info", "<http://pbx.example/ring>"],
    ]);
    const rung = await desk.peer.expects("INVITE");
    assert.equal(body(rung), offer);
    assert.equal(rung.from.displayName, "Anna Meier");
    assert.equal(rung.from.uri, "sip:105@pbx.example");
    assert.equal(rung.maxForwards, 69);
    assert.notEqual(rung.callId, call.callId);
    assert.ok(!rung.headers.has("X-Inner"));
    assert.ok(rung.headers.has("P-Asserted-Identity"));

    desk.peer.answers(rung, 180, desk.answer());
    await pbx.expects(180);
    assert.equal([...under.divert.lines.all()][0]?.callsInProgress, 1);
    const answer = desk.peer.answers(rung, 200, desk.answer(reply));
    const success = await pbx.expects(200);
    assert.equal(body(success), reply);
    assert.equal((await desk.peer.expects("ACK")).cseq.number, rung.cseq.number);

    const caller = PeerDialog.ofCaller(pbx, under.udp, call, success);
    await caller.acknowledges(call);
    await under.pass(5_000);
    const bye = await caller.sends("BYE", undefined, [["Reason", "Q.850;cause=16"]]);
    assert.equal((await pbx.expects(200)).cseq.method, "BYE");
    const heard = await desk.peer.expects("BYE");
    assert.equal(heard.headers.get("Reason"), "Q.850;cause=16");
    desk.peer.answers(heard, 200);
    assert.ok(bye);
    assert.ok(answer);
    await ends(under, "hungUpByCaller");
    const [logged] = await under.calls();
    assert.deepEqual([logged?.action, logged?.status], ["ring", 200]);
  });

  it("is hung up by the phone as well", async () => {
    const all = await scene(1);
    const { callee } = await talk(all, all.desk);
    await callee.sends("BYE");
    all.pbx.answers(await all.pbx.expects("BYE"), 200);
    await all.desk.peer.expects(200);
    await ends(all.under, "hungUpByCallee");
  });

  it("rings all phones; the first that answers has it, the others hear that it was completed elsewhere", async () => {
    const { under, pbx, desk, other, invite } = await scene(2);
    const call = await invite();
    const [first, second] = [await desk.peer.expects("INVITE"), await other.peer.expects("INVITE")];
    desk.peer.answers(first, 180, desk.answer());
    other.peer.answers(second, 180, other.answer());
    other.peer.answers(second, 200, other.answer(reply));
    const success = await pbx.expects(200);
    const caller = PeerDialog.ofCaller(pbx, under.udp, call, success);
    await caller.acknowledges(call);
    const cancel = await desk.peer.expects("CANCEL");
    assert.equal(cancel.headers.get("Reason"), 'SIP;cause=200;text="Call completed elsewhere"');
    desk.peer.answers(cancel, 200);
    desk.peer.answers(first, 487);
    await desk.peer.expects("ACK");
    await caller.sends("BYE");
    other.peer.answers(await other.peer.expects("BYE"), 200);
    await ends(under, "hungUpByCaller");
  });

  it("ends both of two answers at once but one, and never leaves anyone in silence", async () => {
    const { under, pbx, desk, other, invite } = await scene(2);
    const call = await invite();
    const [first, second] = [await desk.peer.expects("INVITE"), await other.peer.expects("INVITE")];
    desk.peer.answers(first, 200, desk.answer(reply));
    other.peer.answers(second, 200, other.answer(reply));
    const caller = PeerDialog.ofCaller(pbx, under.udp, call, await pbx.expects(200));
    await caller.acknowledges(call);
    await desk.peer.expects("ACK");
    await other.peer.expects("ACK");
    await under.pass(500);
    const byes = [desk, other].filter(({ peer }) =>
      peer.received.some((m) => m.kind === "request" && m.method === "BYE"),
    );
    assert.equal(byes.length, 1);
    const [loser] = byes;
    assert.ok(loser);
    loser.peer.answers(await loser.peer.expects("BYE"), 200);
    await caller.sends("BYE");
    const winner = loser === desk ? other : desk;
    winner.peer.answers(await winner.peer.expects("BYE"), 200);
    await ends(under, "hungUpByCaller");
  });

  it("acknowledges and hangs up what another fork behind a phone's address answers", async () => {
    const all = await scene(1);
    const { under, pbx, desk, invite } = all;
    const call = await invite();
    const rung = await desk.peer.expects("INVITE");
    desk.peer.answers(rung, 200, desk.answer(reply));
    desk.peer.answers(rung, 200, { ...desk.answer(reply), toTag: "fork" });
    const caller = PeerDialog.ofCaller(pbx, under.udp, call, await pbx.expects(200));
    await caller.acknowledges(call);
    await desk.peer.expects("ACK");
    await desk.peer.expects("ACK");
    const bye = await desk.peer.expects("BYE");
    assert.equal(bye.toTag, "fork");
    desk.peer.answers(bye, 200);
    await caller.sends("BYE");
    const last = await desk.peer.expects("BYE");
    assert.equal(last.toTag, desk.peer.tag);
    desk.peer.answers(last, 200);
    await ends(under, "hungUpByCaller");
  });

  it("stops ringing when the caller gives up, and tells the phones why", async () => {
    const { under, pbx, desk, invite } = await scene(1);
    const call = await invite();
    const rung = await desk.peer.expects("INVITE");
    desk.peer.answers(rung, 180, desk.answer());
    await pbx.expects(180);
    await pbx.cancels(call, under.udp);
    await pbx.expects(200);
    const gone = await pbx.expects(487);
    await pbx.acknowledges(call, gone, under.udp);
    const cancel = await desk.peer.expects("CANCEL");
    desk.peer.answers(cancel, 200);
    desk.peer.answers(rung, 487);
    await desk.peer.expects("ACK");
    await ends(under, "cancelled");
  });

  it("acknowledges and hangs up an answer that crosses the caller's CANCEL", async () => {
    const { under, pbx, desk, invite } = await scene(1);
    const call = await invite();
    const rung = await desk.peer.expects("INVITE");
    desk.peer.answers(rung, 180, desk.answer());
    await pbx.expects(180);
    await pbx.cancels(call, under.udp);
    await desk.peer.expects("CANCEL");
    desk.peer.answers(rung, 200, desk.answer(reply));
    await desk.peer.expects("ACK");
    desk.peer.answers(await desk.peer.expects("BYE"), 200);
    await pbx.acknowledges(call, await pbx.expects(487), under.udp);
    await ends(under, "cancelled");
  });

  it("hands the phone's early media on", async () => {
    const { under, pbx, desk, invite } = await scene(1);
    const call = await invite();
    const rung = await desk.peer.expects("INVITE");
    desk.peer.answers(rung, 183, desk.answer(reply));
    assert.equal(body(await pbx.expects(183)), reply);
    desk.peer.answers(rung, 488, { headers: [["Warning", '304 phone "no codec"']] });
    const refused = await pbx.expects(488);
    assert.equal(refused.headers.get("Warning"), '304 phone "no codec"');
    await pbx.acknowledges(call, refused, under.udp);
    await ends(under, "refused");
  });

  it("carries an offer that comes late: in the 200, and the answer in the ACK", async () => {
    const { under, pbx, desk, invite } = await scene(1);
    const call = await invite("");
    const rung = await desk.peer.expects("INVITE");
    assert.equal(rung.body.length, 0);
    desk.peer.answers(rung, 200, desk.answer(offer));
    const success = await pbx.expects(200);
    assert.equal(body(success), offer);
    await nothingBut(desk.peer, ["INVITE"]);
    const caller = PeerDialog.ofCaller(pbx, under.udp, call, success);
    await caller.acknowledges(call, reply);
    assert.equal(body(await desk.peer.expects("ACK")), reply);
    await caller.sends("BYE");
    desk.peer.answers(await desk.peer.expects("BYE"), 200);
    await ends(under, "hungUpByCaller");
  });

  it("is given up on both sides when the answer is never acknowledged (RFC 3261 §13.3.1.4)", async () => {
    const { under, pbx, desk, invite } = await scene(1);
    await invite();
    const rung = await desk.peer.expects("INVITE");
    desk.peer.answers(rung, 200, desk.answer(reply));
    await pbx.expects(200);
    await under.pass(33_000);
    assert.ok(pbx.copies >= 9, `${pbx.copies} copies`);
    pbx.answers(await pbx.expects("BYE"), 200);
    desk.peer.answers(await desk.peer.expects("BYE"), 200);
    await ends(under, "notAcknowledged");
  });
});

describe("stages of a call that rings", () => {
  it("forwards when nobody answers: the phone stops, the PBX gets the 302", async () => {
    const { under, pbx, desk, invite } = await scene(1, {
      rules: { "101": { "noAnswer/all": "102" } },
      lines: { "101": "refusing", "102": "refusing" },
    });
    const call = await invite();
    const rung = await desk.peer.expects("INVITE");
    desk.peer.answers(rung, 180, desk.answer());
    await pbx.expects(180);
    await under.pass(19_000);
    await nothingBut(desk.peer, ["INVITE"]);
    await under.pass(2_000);
    const moved = await pbx.expects(302);
    assert.match(moved.headers.get("Contact") ?? "", /sip:102@/);
    assert.match(moved.headers.get("Diversion") ?? "", /reason=no-answer/);
    await pbx.acknowledges(call, moved, under.udp);
    const cancel = await desk.peer.expects("CANCEL");
    desk.peer.answers(cancel, 200);
    desk.peer.answers(rung, 487);
    await desk.peer.expects("ACK");
    await ends(under, "redirected");
    const [logged] = await under.calls();
    assert.deepEqual([logged?.action, logged?.target, logged?.status], ["redirect", "102", 302]);
  });

  it("forwards or talks, never both, when the answer crosses the CANCEL", async () => {
    const { under, pbx, desk, invite } = await scene(1, {
      rules: { "101": { "noAnswer/all": "102" } },
      lines: { "101": "refusing", "102": "refusing" },
    });
    const call = await invite();
    const rung = await desk.peer.expects("INVITE");
    desk.peer.answers(rung, 180, desk.answer());
    await pbx.expects(180);
    await under.pass(20_500);
    const moved = await pbx.expects(302);
    await desk.peer.expects("CANCEL");
    desk.peer.answers(rung, 200, desk.answer(reply));
    await desk.peer.expects("ACK");
    desk.peer.answers(await desk.peer.expects("BYE"), 200);
    await pbx.acknowledges(call, moved, under.udp);
    assert.ok(!pbx.received.some((m) => m.kind === "response" && m.status === 200));
    await ends(under, "redirected");
  });

  for (const [status, logged] of [
    [486, 486],
    [600, 486],
    [603, 603],
    [480, 480],
    [503, 480],
    [404, 480],
  ] as const) {
    it(`gives the group's answer ${logged} when the phone says ${status}`, async () => {
      const { under, pbx, desk, invite } = await scene(1);
      const call = await invite();
      desk.peer.answers(await desk.peer.expects("INVITE"), status);
      await pbx.acknowledges(call, await pbx.expects(logged), under.udp);
      await ends(under, "refused");
    });
  }

  it("forwards by the busy rule what all phones refuse as busy, and by unreachable what none can take", async () => {
    const lines = { "101": "refusing", "102": "refusing", "103": "refusing" } as const;
    const rules = { "101": { "busy/all": "102", "unreachable/all": "103" } };
    const { under, pbx, desk, other, invite } = await scene(2, { rules, lines });
    const busy = await invite();
    desk.peer.answers(await desk.peer.expects("INVITE"), 486);
    other.peer.answers(await other.peer.expects("INVITE"), 480);
    const moved = await pbx.expects(302);
    assert.match(moved.headers.get("Contact") ?? "", /sip:102@/);
    await pbx.acknowledges(busy, moved, under.udp);
    await under.pass(33_000);

    const away = await invite();
    desk.peer.answers(await desk.peer.expects("INVITE"), 480);
    other.peer.answers(await other.peer.expects("INVITE"), 503);
    const sent = await pbx.expects(302);
    assert.match(sent.headers.get("Contact") ?? "", /sip:103@/);
    await pbx.acknowledges(away, sent, under.udp);
    await ends(under, "redirected");
  });

  it("takes phones that say nothing at all for unreachable, within seconds", async () => {
    const lines = { "101": "refusing", "103": "refusing" } as const;
    const { under, pbx, desk, invite } = await scene(1, {
      rules: { "101": { "unreachable/all": "103" } },
      lines,
    });
    const call = await invite();
    await desk.peer.expects("INVITE");
    await under.pass(9_000);
    const moved = await pbx.expects(302);
    assert.match(moved.headers.get("Diversion") ?? "", /reason=unavailable/);
    await pbx.acknowledges(call, moved, under.udp);
    await ends(under, "redirected");
  });

  it("refuses a second call while the first is up, or forwards it by the busy rule", async () => {
    const all = await scene(1);
    const { under, pbx } = all;
    const { caller } = await talk(all, all.desk);
    const second = await pbx.sends("INVITE", under.udp, { requestUri: under.contact("101") });
    await pbx.acknowledges(second, await pbx.expects(486), under.udp);
    await under.forward("101", "busy/all", "102");
    const third = await pbx.sends("INVITE", under.udp, { requestUri: under.contact("101") });
    await pbx.acknowledges(third, await pbx.expects(302), under.udp);
    await caller.sends("BYE");
    all.desk.peer.answers(await all.desk.peer.expects("BYE"), 200);
    await under.leavesNothing();
  });
});
