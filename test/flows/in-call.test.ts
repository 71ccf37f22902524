import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { SipMessage } from "../../src/sip/message/message.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { FlowPhone, PeerDialog, withSdp } from "../support/flow-phone.ts";

const offer = "v=0\r\ns=offer\r\n";
const reply = "v=0\r\ns=reply\r\n";
const hold = "v=0\r\ns=hold\r\na=sendonly\r\n";
const held = "v=0\r\ns=held\r\na=recvonly\r\n";

const open: DivertUnderTest[] = [];
afterEach(async () => {
  for (const under of open.splice(0)) await under.close();
});

/** A call from the PBX to a line's phone that is up. */
async function call(protocol: "UDP" | "TCP" = "UDP") {
  const under = await DivertUnderTest.start({ lines: { "101": "refusing" }, phones: true });
  open.push(under);
  const pbx = await under.peer();
  const phone = await FlowPhone.register(under, "101", loopbackAddress(), protocol);
  const invite = await pbx.sends("INVITE", under.udp, {
    requestUri: under.contact("101"),
    ...withSdp([], offer),
  });
  const rung = await phone.peer.expects("INVITE");
  const answer = phone.peer.answers(rung, 200, phone.answer(reply));
  const success = await pbx.expects(200);
  const caller = PeerDialog.ofCaller(pbx, under.udp, invite, success);
  await caller.acknowledges(invite);
  await phone.peer.expects("ACK");
  const callee = PeerDialog.ofCallee(phone.peer, under.at(protocol), rung, answer);
  return { under, pbx, phone, desk: phone.peer, caller, callee, invite };
}

type Scene = Awaited<ReturnType<typeof call>>;

async function hangUp({ under, pbx, desk, caller }: Scene): Promise<void> {
  await caller.sends("BYE");
  desk.answers(await desk.expects("BYE"), 200);
  assert.equal((await pbx.expects(200)).cseq.method, "BYE");
  await under.leavesNothing();
}

function text(message: SipMessage): string {
  return message.body.toString();
}

describe("within a call", () => {
  it("the phone holds and the PBX hears of it, byte for byte; the ACK goes the same way", async () => {
    const scene = await call();
    const { pbx, desk, callee, phone } = scene;
    const invite = await callee.sends("INVITE", hold);
    const asked = await pbx.expects("INVITE");
    assert.equal(text(asked), hold);
    assert.ok(asked.headers.has("Contact"));
    pbx.answers(asked, 200, withSdp([["Contact", `<${pbx.uri}>`]], held));
    const success = await desk.expects(200);
    assert.equal(text(success), held);
    await callee.acknowledges(invite);
    await pbx.expects("ACK");
    assert.ok(phone);
    await hangUp(scene);
  });

  it("a re-INVITE without an offer takes it from the 200, and the answer from the ACK", async () => {
    const scene = await call();
    const { pbx, desk, caller, phone } = scene;
    const invite = await caller.sends("INVITE");
    const asked = await desk.expects("INVITE");
    desk.answers(asked, 200, phone.answer(offer));
    assert.equal(text(await pbx.expects(200)), offer);
    assert.ok(!desk.received.some((m) => m.kind === "request" && m.method === "ACK" && text(m) === reply));
    await caller.acknowledges(invite, reply);
    assert.equal(text(await desk.expects("ACK")), reply);
    await hangUp(scene);
  });

  it("INFO, MESSAGE, NOTIFY and UPDATE pass, and so do their answers", async () => {
    const scene = await call("TCP");
    const { pbx, desk, caller, callee } = scene;
    await callee.sends("INFO", "Signal=5", [["X-Secret", "1"]]);
    const info = await pbx.expects("INFO");
    assert.equal(text(info), "Signal=5");
    assert.ok(!info.headers.has("X-Secret"));
    pbx.answers(info, 200);
    assert.equal((await desk.expects(200)).cseq.method, "INFO");

    await caller.sends("UPDATE", hold);
    const update = await desk.expects("UPDATE");
    desk.answers(update, 200, withSdp([["Contact", `<${desk.uri}>`]], held));
    assert.equal(text(await pbx.expects(200)), held);

    await caller.sends("MESSAGE", "hello");
    desk.answers(await desk.expects("MESSAGE"), 415);
    await pbx.expects(415);
    await hangUp(scene);
  });

  it("an end that knows no subscription refuses NOTIFY with 481, and the call goes on (RFC 5057)", async () => {
    const scene = await call();
    const { pbx, desk, caller, callee } = scene;
    await caller.sends("NOTIFY", undefined, [
      ["Event", "talk"],
      ["Subscription-State", "active"],
    ]);
    desk.answers(await desk.expects("NOTIFY"), 481);
    await pbx.expects(481);
    await callee.sends("INFO", "Signal=5");
    pbx.answers(await pbx.expects("INFO"), 200);
    await desk.expects(200);
    await hangUp(scene);
  });

  it("offers that meet are both refused with 491, and a second one of the same side with 500", async () => {
    const scene = await call();
    const { pbx, desk, caller, callee, phone } = scene;
    const first = await caller.sends("INVITE", hold);
    const asked = await desk.expects("INVITE");
    const crossing = await callee.sends("INVITE", offer);
    const glare = await desk.expects(491);
    await desk.acknowledges(crossing, glare, scene.under.udp);
    const again = await caller.sends("INVITE", offer);
    const overlap = await pbx.expects(500);
    assert.ok(overlap.headers.has("Retry-After"));
    await pbx.acknowledges(again, overlap, scene.under.udp);
    desk.answers(asked, 200, phone.answer(held));
    await pbx.expects(200);
    await caller.acknowledges(first);
    await desk.expects("ACK");
    const resumed = await callee.sends("INVITE", offer);
    pbx.answers(await pbx.expects("INVITE"), 488);
    const refused = await desk.expects(488);
    await desk.acknowledges(resumed, refused, scene.under.udp);
    await hangUp(scene);
  });

  it("both hang up at once: each is answered, and nothing is left", async () => {
    const { under, pbx, desk, caller, callee } = await call();
    await Promise.all([caller.sends("BYE"), callee.sends("BYE")]);
    await under.pass(200);
    for (const peer of [pbx, desk]) {
      for (const request of peer.received) {
        if (request.kind === "request" && request.method === "BYE") peer.answers(request, 481);
      }
      const final = peer.received.find((m) => m.kind === "response" && m.cseq.method === "BYE");
      assert.ok(final?.kind === "response" && (final.status === 200 || final.status === 481));
    }
    await under.leavesNothing();
  });

  it("a BYE while a re-INVITE is under way ends both", async () => {
    const { under, pbx, desk, caller, callee } = await call();
    const invite = await caller.sends("INVITE", hold);
    const asked = await desk.expects("INVITE");
    await callee.sends("BYE");
    await desk.expects(200);
    const gone = await pbx.expects(487);
    await pbx.acknowledges(invite, gone, under.udp);
    pbx.answers(await pbx.expects("BYE"), 200);
    desk.answers(asked, 487);
    await desk.expects("ACK");
    await under.leavesNothing();
  });

  it("a second BYE finds no call; in a dialog that is not answered yet BYE is as good as CANCEL (RFC 3261 §15.1.2)", async () => {
    const scene = await call();
    const { under, pbx, desk, caller, phone } = scene;
    await caller.sends("BYE");
    desk.answers(await desk.expects("BYE"), 200);
    assert.equal((await pbx.expects(200)).cseq.method, "BYE");
    await caller.sends("BYE");
    await pbx.expects(481);

    const early = await pbx.sends("INVITE", under.udp, { requestUri: under.contact("101") });
    const rung = await desk.expects("INVITE");
    desk.answers(rung, 180, phone.answer());
    const ringing = await pbx.expects(180);
    await PeerDialog.ofCaller(pbx, under.udp, early, ringing).sends("BYE");
    assert.equal((await pbx.expects(200)).cseq.method, "BYE");
    await pbx.acknowledges(early, await pbx.expects(487), under.udp);
    desk.answers(await desk.expects("CANCEL"), 200);
    desk.answers(rung, 487);
    await under.leavesNothing();
  });

  it("a phone that vanishes with its connection: the PBX can still end the call, and nothing is left", async () => {
    const { under, pbx, desk, caller } = await call("TCP");
    await desk.close();
    await caller.sends("BYE");
    await pbx.expects(200);
    await under.leavesNothing();
  });

  it("a silent end is given up on: a request that nobody answers ends the call (RFC 3261 §12.2.1.2)", async () => {
    const { under, pbx, desk, caller } = await call();
    await caller.sends("INFO", "Signal=1");
    await desk.expects("INFO");
    await under.pass(33_000);
    // RFC 4320 §4.2: no 408 for a request other than INVITE.
    assert.ok(!pbx.received.some((m) => m.kind === "response" && m.status === 408));
    pbx.answers(await pbx.expects("BYE"), 200);
    await desk.expects("BYE");
    await under.leavesNothing();
  });

  it("a re-INVITE whose 200 is never acknowledged ends the call on both sides (RFC 3261 §14.2)", async () => {
    const { under, pbx, desk, caller, phone } = await call();
    await caller.sends("INVITE", hold);
    desk.answers(await desk.expects("INVITE"), 200, phone.answer(held));
    await pbx.expects(200);
    await under.pass(33_000);
    pbx.answers(await pbx.expects("BYE"), 200);
    desk.answers(await desk.expects("BYE"), 200);
    await under.leavesNothing();
    assert.equal((await under.calls()).at(-1)?.end, "notAcknowledged");
  });

  it("a re-INVITE that is taken back is taken back at the other end too", async () => {
    const scene = await call();
    const { under, pbx, desk, caller, phone } = scene;
    const invite = await caller.sends("INVITE", hold);
    const asked = await desk.expects("INVITE");
    desk.answers(asked, 180, phone.answer());
    await pbx.expects(180);
    await pbx.cancels(invite, under.udp);
    assert.equal((await pbx.expects(200)).cseq.method, "CANCEL");
    desk.answers(await desk.expects("CANCEL"), 200);
    desk.answers(asked, 487);
    await pbx.acknowledges(invite, await pbx.expects(487), under.udp);
    await hangUp(scene);
  });

  it("requests that are late or insist on what we do not do are refused, and the call goes on", async () => {
    const scene = await call();
    const { pbx, caller } = scene;
    await caller.sends("INFO", "Signal=1", [["Require", "teleport"]]);
    assert.equal((await pbx.expects(420)).headers.get("Unsupported"), "teleport");
    await caller.sends("SUBSCRIBE");
    await pbx.expects(405);
    await caller.sends("OPTIONS");
    await pbx.expects(200);
    await hangUp(scene);
  });

  it("a lost end ends the call: 481 to one is a BYE to both", async () => {
    const { under, pbx, desk, caller } = await call();
    await caller.sends("INFO", "Signal=1");
    desk.answers(await desk.expects("INFO"), 481);
    await pbx.expects(481);
    pbx.answers(await pbx.expects("BYE"), 200);
    desk.answers(await desk.expects("BYE"), 481);
    await under.leavesNothing();
    assert.equal((await under.calls()).at(-1)?.end, "lost");
  });

  it("stray, doubled and false ACKs change nothing; BYEs with foreign tags or from elsewhere neither", async () => {
    const scene = await call();
    const { under, pbx, caller, invite } = scene;
    await caller.acknowledges(invite);
    await pbx.sends("ACK", under.udp, {
      requestUri: under.contact("101"),
      to: "<sip:x@y>;tag=none",
      cseq: 7,
    });
    await pbx.sends("BYE", under.udp, {
      requestUri: under.contact("101"),
      to: "<sip:x@y>;tag=guessed",
      callId: invite.callId,
      cseq: 9,
    });
    await pbx.expects(481);
    const stranger = await under.peer("UDP", under.strangerAddress);
    const good = scene.desk.received.find((m) => m.kind === "request" && m.method === "INVITE");
    assert.ok(good);
    await stranger.sends("BYE", under.udp, {
      requestUri: "sip:101@divert.example",
      from: `<sip:101@divert.example>;tag=${scene.desk.tag}`,
      to: good.headers.get("From") ?? "",
      callId: good.callId,
      cseq: 500,
    });
    await stranger.expects(403);
    assert.equal(pbx.received.filter((m) => m.kind === "request").length, 0);
    await hangUp(scene);
  });

  it("a phone that asks for a password in a call gets none (CVE-2021-41158)", async () => {
    const { under, pbx, desk, caller } = await call();
    await caller.sends("BYE");
    await pbx.expects(200);
    const bye = await desk.expects("BYE");
    desk.answers(bye, 407, {
      headers: [["Proxy-Authenticate", 'Digest realm="pbx.example", nonce="x", qop="auth"']],
    });
    await under.leavesNothing();
    const byes = desk.received.filter((m) => m.kind === "request" && m.method === "BYE");
    assert.equal(byes.length, 1);
    assert.ok(!byes[0]?.headers.has("Proxy-Authorization"));
  });

  it("a stopping server lets the call go on for a while and then hangs up on both", async () => {
    const { under, pbx, desk } = await call();
    const closed = under.close();
    pbx.answers(await pbx.expects("BYE"), 200);
    desk.answers(await desk.expects("BYE"), 200);
    await closed;
  });
});
