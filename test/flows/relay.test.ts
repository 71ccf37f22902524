/** Calls that Divert carries itself: at a PBX that follows no 302 the target is called over the line, and the two are joined. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { SipRequest } from "../../src/sip/user-agent.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import type { ScriptedPeer } from "../support/scripted-peer.ts";

const offer = Buffer.from("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n\u0001offer", "latin1");
const answer = Buffer.from("v=0\r\no=- 2 2 IN IP4 192.0.2.2\r\ns=-\r\n\u0002answer", "latin1");
const sdp = ["Content-Type", "application/sdp"] as const;

describe("a relayed call", () => {
  let under: DivertUnderTest;
  /** The PBX towards the line: who calls. */
  let caller: ScriptedPeer;
  /** The PBX as the line calls it: whom it calls. */
  let target: ScriptedPeer;

  before(async () => {
    under = await DivertUnderTest.start({
      pbx: { redirect: "no" },
      rules: { "101": { "always/all": "103" }, "102": { "busy/all": "103" } },
    });
    caller = await under.peer();
    target = under.pbx.calls;
  });
  after(() => under.close());

  async function calls(
    headers: readonly (readonly [string, string])[] = [],
    body = offer,
  ): Promise<SipRequest> {
    return caller.sends("INVITE", under.udp, {
      requestUri: under.contact("101"),
      from: `"Bob" <sip:+4989${Math.floor(under.clock.now())}@pbx.example>;tag=${caller.tag}`,
      headers: [...headers, ...(body.length === 0 ? [] : [sdp])],
      body,
    });
  }

  /** As far as the ACK on both legs. */
  async function talks(headers: readonly (readonly [string, string])[] = []) {
    await under.pass(3_000);
    const invite = await calls(headers);
    await caller.expects(181);
    const second = await target.expects("INVITE");
    target.answers(second, 200, { headers: [["Contact", `<${target.uri}>`], sdp], body: answer });
    const ok = await caller.expects(200);
    const toTarget = await target.expects("ACK");
    await caller.acknowledges(invite, ok, under.udp);
    return { invite, second, ok, toTarget };
  }

  function bye(of: SipRequest, ok: { headers: SipRequest["headers"] }, peer: ScriptedPeer) {
    return peer.sends("BYE", under.udp, {
      requestUri: /<([^>]+)>/.exec(ok.headers.get("Contact") ?? "")?.[1] ?? "",
      from: of.headers.get("From") ?? "",
      to: ok.headers.get("To") ?? "",
      callId: of.callId,
      cseq: of.cseq.number + 1,
    });
  }

  it("is told forwarded, goes over the line with the line's password, and talks end to end", async () => {
    const earlier = "<sip:105@pbx.example>;reason=no-answer";
    const invite = await calls([["Diversion", earlier]]);
    const forwarded = await caller.expects(181);
    assert.ok(forwarded.toTag !== undefined);

    const first = await target.expects("INVITE");
    assert.equal(first.requestUri, "sip:103@pbx.example");
    assert.equal(first.from.uri, "sip:101@pbx.example");
    assert.equal(first.from.displayName, "Bob");
    assert.deepEqual(first.headers.all("Diversion"), [
      "<sip:101@pbx.example>;reason=unconditional;counter=1",
      earlier,
    ]);
    assert.equal(first.maxForwards, 69);
    assert.deepEqual(first.body, offer);
    assert.notEqual(first.callId, invite.callId);

    target.answers(first, 407, {
      headers: [["Proxy-Authenticate", 'Digest realm="pbx.example", nonce="n", algorithm=MD5, qop="auth"']],
    });
    await target.expects("ACK");
    const second = await target.expects("INVITE");
    assert.match(second.headers.get("Proxy-Authorization") ?? "", /username="101"/);
    assert.equal(second.cseq.number, first.cseq.number + 1);

    target.answers(second, 180, { headers: [["Contact", `<${target.uri}>`]] });
    await caller.expects(180);
    target.answers(second, 183, { headers: [["Contact", `<${target.uri}>`], sdp], body: answer });
    assert.deepEqual((await caller.expects(183)).body, answer);
    target.answers(second, 200, { headers: [["Contact", `<${target.uri}>`], sdp], body: answer });
    const ok = await caller.expects(200);
    assert.deepEqual(ok.body, answer);
    assert.equal(ok.toTag, forwarded.toTag);
    await target.expects("ACK");
    await caller.acknowledges(invite, ok, under.udp);
    for (const line of under.divert.lines.all()) assert.equal(line.callsInProgress, 0);

    await bye(invite, ok, caller);
    await caller.expects(200);
    const gone = await target.expects("BYE");
    target.answers(gone, 200);
  });

  it("ends for the caller when the target hangs up", async () => {
    const { second, ok } = await talks();
    const contact = second.headers.get("Contact") ?? "";
    await target.sends("BYE", under.udp, {
      requestUri: /<([^>]+)>/.exec(contact)?.[1] ?? "",
      from: `${second.headers.get("To") ?? ""};tag=${target.tag}`,
      to: second.headers.get("From") ?? "",
      callId: second.callId,
      cseq: 1,
    });
    await target.expects(200);
    const gone = await caller.expects("BYE");
    assert.equal(gone.fromTag, ok.toTag);
    caller.answers(gone, 200);
  });

  it("hands the target's failure back, word for word", async () => {
    await under.pass(3_000);
    const invite = await calls();
    const second = await target.expects("INVITE");
    target.answers(second, 486, { headers: [["Retry-After", "60"]] });
    await target.expects("ACK");
    const busy = await caller.expects(486);
    assert.equal(busy.headers.get("Retry-After"), "60");
    await caller.acknowledges(invite, busy, under.udp);
  });

  it("is taken back at the target when the caller gives up", async () => {
    await under.pass(3_000);
    const invite = await calls();
    const second = await target.expects("INVITE");
    target.answers(second, 180, { headers: [["Contact", `<${target.uri}>`]] });
    await caller.expects(180);
    await caller.cancels(invite, under.udp);
    await caller.expects(200);
    const terminated = await caller.expects(487);
    await caller.acknowledges(invite, terminated, under.udp);
    const cancel = await target.expects("CANCEL");
    target.answers(cancel, 200);
    target.answers(second, 487);
    await target.expects("ACK");
  });

  it("carries an offer that comes with the answer, and its answer in the ACK", async () => {
    await under.pass(3_000);
    const invite = await calls([], Buffer.alloc(0));
    const second = await target.expects("INVITE");
    assert.equal(second.body.length, 0);
    target.answers(second, 200, { headers: [["Contact", `<${target.uri}>`], sdp], body: offer });
    const ok = await caller.expects(200);
    assert.deepEqual(ok.body, offer);
    assert.ok(!target.received.some((message) => message.callId === second.callId && isAck(message)));
    await caller.acknowledges(invite, ok, under.udp);
    await target.expects("ACK");
    await bye(invite, ok, caller);
    await caller.expects(200);
    target.answers(await target.expects("BYE"), 200);
  });

  it("is refused with 422 when its session interval is too brief", async () => {
    await under.pass(3_000);
    const headers = [
      ["Supported", "timer"],
      ["Session-Expires", "5"],
    ] as const;
    const invite = await calls(headers);
    const brief = await caller.expects(422);
    assert.equal(brief.headers.get("Min-SE"), "90");
    await caller.acknowledges(invite, brief, under.udp);
  });

  it("ends on both legs when nobody refreshes it in time (RFC 4028)", async () => {
    const { second, ok } = await talks([
      ["Supported", "timer"],
      ["Session-Expires", "90"],
    ]);
    assert.equal(second.headers.get("Session-Expires"), "90");
    assert.equal(ok.headers.get("Session-Expires"), "90;refresher=uac");
    assert.equal(ok.headers.get("Require"), "timer");
    await under.pass(91_000);
    const [one, other] = await Promise.all([caller.expects("BYE"), target.expects("BYE")]);
    assert.match(one.headers.get("Reason") ?? "", /cause=408/);
    caller.answers(one, 200);
    target.answers(other, 200);
  });

  it("stands in the log with its end, and leaves nothing behind", async () => {
    await under.leavesNothing();
    const ends = (await under.calls()).map(({ action, end }) => `${action} ${end}`);
    assert.deepEqual(ends, [
      "relay hungUpByCaller",
      "relay hungUpByCallee",
      "relay refused",
      "relay cancelled",
      "relay hungUpByCaller",
      "relay refused",
      "relay lost",
    ]);
  });
});

function isAck(message: object): boolean {
  return "method" in message && message.method === "ACK";
}
