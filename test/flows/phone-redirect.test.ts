/** A phone's own 302 is its user's forwarding of the call: under policy, told as one, and relayed where a 302 will not do. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest, type UnderTestOptions } from "../support/divert-under-test.ts";
import { FlowPhone, PeerDialog } from "../support/flow-phone.ts";

const offer = "v=0\r\ns=offer\r\n";
const reply = "v=0\r\ns=reply\r\n";

let under: DivertUnderTest | undefined;
afterEach(() => under?.close());

/** Line 101 with two phones, called from outside. */
async function scene(options: UnderTestOptions = {}) {
  const started = await DivertUnderTest.start({
    lines: { "101": "refusing", "103": "refusing" },
    phones: true,
    ...options,
  });
  under = started;
  const desk = await FlowPhone.register(started, "101", loopbackAddress());
  const other = await FlowPhone.register(started, "101", loopbackAddress());
  const caller = await started.peer();
  const calls = (headers: readonly (readonly [string, string])[] = []) =>
    caller.sends("INVITE", started.udp, {
      requestUri: started.contact("101"),
      from: `<sip:+4989123456@pbx.example>;tag=${caller.tag}`,
      headers: [...headers, ["Content-Type", "application/sdp"]],
      body: Buffer.from(offer),
    });
  return { under: started, desk, other, caller, calls };
}

describe("a phone that answers 302", () => {
  it("forwards the call in its user's name, and ends the ringing of the others", async () => {
    const { under, desk, other, caller, calls } = await scene();
    const invite = await calls();
    const atOther = await other.peer.expects("INVITE");
    other.peer.answers(atOther, 180, other.answer());
    const atDesk = await desk.peer.expects("INVITE");
    desk.peer.answers(atDesk, 302, { headers: [["Contact", "<sip:103@divert.example>"]] });
    const moved = await caller.expects(302);
    assert.equal(moved.headers.get("Contact"), "<sip:103@pbx.example>");
    assert.equal(moved.headers.get("Diversion"), "<sip:101@pbx.example>;reason=deflection;counter=1");
    await caller.acknowledges(invite, moved, under.udp);
    const cancel = await other.peer.expects("CANCEL");
    other.peer.answers(cancel, 200);
    other.peer.answers(atOther, 487);
    await under.leavesNothing();
    const [logged] = await under.calls();
    assert.equal(logged?.action, "redirect");
    assert.match(logged.because.join(" "), /set at the phone applies: the call goes to 103/);
  });

  for (const [where, contact] of [
    ["an emergency number", "<sip:112@divert.example>"],
    ["a host of others", "<sip:bob@elsewhere.example>"],
    ["the line itself", "<sip:101@divert.example>"],
    ["nowhere", "<sip:divert.example>"],
  ] as const) {
    it(`has declined the call when it sends it to ${where}`, async () => {
      const { under, desk, other, caller, calls } = await scene();
      const invite = await calls();
      const atOther = await other.peer.expects("INVITE");
      other.peer.answers(atOther, 180, other.answer());
      desk.peer.answers(await desk.peer.expects("INVITE"), 302, { headers: [["Contact", contact]] });
      const declined = await caller.expects(603);
      await caller.acknowledges(invite, declined, under.udp);
      other.peer.answers(await other.peer.expects("CANCEL"), 200);
      other.peer.answers(atOther, 487);
      assert.equal(under.pbx.calls.received.length, 0, "nobody else is called");
      await under.leavesNothing();
    });
  }
});

describe("at a PBX that follows no 302 once it rings", () => {
  const pbx = { redirectAfterRinging: "no" };

  it("a phone's 302 after 180 is relayed: 181, the target over the line, and they talk", async () => {
    const { under, desk, other, caller, calls } = await scene({ pbx });
    const invite = await calls();
    other.peer.answers(await other.peer.expects("INVITE"), 486);
    const atDesk = await desk.peer.expects("INVITE");
    desk.peer.answers(atDesk, 180, desk.answer());
    await caller.expects(180);
    desk.peer.answers(atDesk, 302, { headers: [["Contact", "<sip:103@divert.example>"]] });
    await caller.expects(181);
    const target = under.pbx.calls;
    const second = await target.expects("INVITE");
    assert.equal(second.requestUri, "sip:103@pbx.example");
    assert.equal(second.body.toString(), offer);
    target.answers(second, 200, {
      headers: [
        ["Contact", `<${target.uri}>`],
        ["Content-Type", "application/sdp"],
      ],
      body: Buffer.from(reply),
    });
    const ok = await caller.expects(200);
    const dialog = PeerDialog.ofCaller(caller, under.udp, invite, ok);
    await dialog.acknowledges(invite);
    await target.expects("ACK");
    assert.equal(under.divert.lines.find("101")?.callsInProgress, 0, "it does not make the line busy");
    await dialog.sends("BYE");
    target.answers(await target.expects("BYE"), 200);
    await caller.expects(200);
    await under.leavesNothing();
  });

  it("a rule for no answer is relayed when its time is up, and the phones stop", async () => {
    const { under, desk, other, caller, calls } = await scene({
      pbx,
      rules: { "101": { "noAnswer/all": "103" } },
    });
    const invite = await calls();
    const rung = [
      [desk, await desk.peer.expects("INVITE")],
      [other, await other.peer.expects("INVITE")],
    ] as const;
    for (const [phone, atPhone] of rung) phone.peer.answers(atPhone, 180, phone.answer());
    await caller.expects(180);
    await under.pass(21_000);
    await caller.expects(181);
    for (const [phone, atPhone] of rung) {
      phone.peer.answers(await phone.peer.expects("CANCEL"), 200);
      phone.peer.answers(atPhone, 487);
    }
    const target = under.pbx.calls;
    const second = await target.expects("INVITE");
    assert.match(second.headers.get("Diversion") ?? "", /reason=no-answer/);
    target.answers(second, 486);
    await target.expects("ACK");
    const busy = await caller.expects(486);
    await caller.acknowledges(invite, busy, under.udp);
    await under.leavesNothing();
  });
});

describe("a call to a phone with a session interval (RFC 4028)", () => {
  it("ends on both legs when the refresher has died", async () => {
    const { under, desk, other, caller, calls } = await scene();
    const invite = await calls([
      ["Supported", "timer"],
      ["x", "100"],
    ]);
    other.peer.answers(await other.peer.expects("INVITE"), 486);
    const atDesk = await desk.peer.expects("INVITE");
    assert.equal(atDesk.headers.get("Session-Expires"), "100");
    const answer = desk.answer(reply);
    desk.peer.answers(atDesk, 200, {
      ...answer,
      headers: [...(answer.headers ?? []), ["Session-Expires", "100;refresher=uas"], ["Require", "timer"]],
    });
    const ok = await caller.expects(200);
    assert.equal(ok.headers.get("Session-Expires"), "100;refresher=uas");
    const dialog = PeerDialog.ofCaller(caller, under.udp, invite, ok);
    await dialog.acknowledges(invite);
    await desk.peer.expects("ACK");
    await under.pass(60_000);

    // A refresh within the time: the interval begins anew.
    const update = await dialog.sends("UPDATE", undefined, [
      ["Supported", "timer"],
      ["Session-Expires", "100;refresher=uac"],
    ]);
    const atPhone = await desk.peer.expects("UPDATE");
    assert.equal(atPhone.headers.get("Session-Expires"), "100;refresher=uac");
    desk.peer.answers(atPhone, 200, { headers: [["Session-Expires", "100;refresher=uac"]] });
    const refreshed = await caller.expects(200);
    assert.equal(refreshed.cseq.number, update.cseq.number);
    await under.pass(99_000);
    assert.equal(under.divert.lines.find("101")?.callsInProgress, 1);

    await under.pass(2_000);
    caller.answers(await caller.expects("BYE"), 200);
    desk.peer.answers(await desk.peer.expects("BYE"), 200);
    await under.leavesNothing();
    assert.equal((await under.calls()).at(-1)?.end, "lost");
  });
});
