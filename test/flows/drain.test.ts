/** A server that stops: calls may go on for a while, then both ends hear of it, and the lines are handed back last. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { FlowPhone, PeerDialog, withSdp } from "../support/flow-phone.ts";

const offer = "v=0\r\ns=offer\r\n";
const reply = "v=0\r\ns=reply\r\n";
const drainMs = 30_000;

let under: DivertUnderTest;
afterEach(() => under.close());

/** The phone of line 101 rings. */
async function ringing() {
  under = await DivertUnderTest.start({
    lines: { "101": "refusing", "102": "refusing" },
    rules: { "102": { "always/all": "103" } },
    phones: true,
    drainMs,
  });
  const pbx = await under.peer();
  const phone = await FlowPhone.register(under, "101", loopbackAddress());
  const invite = await pbx.sends("INVITE", under.udp, {
    requestUri: under.contact("101"),
    ...withSdp([], offer),
  });
  const rung = await phone.peer.expects("INVITE");
  return { pbx, phone, desk: phone.peer, invite, rung };
}

/** The phone has answered; the PBX has not acknowledged that yet. */
async function answered() {
  const scene = await ringing();
  const { pbx, phone, desk, invite, rung } = scene;
  const answer = desk.answers(rung, 200, phone.answer(reply));
  const caller = PeerDialog.ofCaller(pbx, under.udp, invite, await pbx.expects(200));
  await desk.expects("ACK");
  return { ...scene, caller, callee: PeerDialog.ofCallee(desk, under.udp, rung, answer) };
}

async function talking() {
  const scene = await answered();
  await scene.caller.acknowledges(scene.invite);
  await under.pass(100);
  return scene;
}

/** What a server that stops does; `isOver` says whether it has. */
function stop(): { readonly isOver: () => boolean } {
  let isOver = false;
  void under.divert.close().then(() => (isOver = true));
  return { isOver: () => isOver };
}

/** Lines that have been de-registered. */
function handedBack(): number {
  return under.pbx.registers.filter(({ headers }) => headers.get("Expires") === "0").length;
}

describe("a server that stops", () => {
  it("lets a call go on until the limit, says BYE with the reason to both ends, and then hands the lines back", async () => {
    const { pbx, desk } = await talking();
    const stopping = stop();
    await under.pass(drainMs - 1_000);
    assert.ok(!pbx.received.some((message) => message.kind === "request"));
    assert.equal(stopping.isOver(), false);
    await under.pass(1_000);
    const [one, other] = await Promise.all([pbx.expects("BYE"), desk.expects("BYE")]);
    for (const bye of [one, other]) assert.match(bye.headers.get("Reason") ?? "", /^SIP;cause=503;/);
    assert.equal(handedBack(), 0);
    pbx.answers(one, 200);
    desk.answers(other, 200);
    await under.passUntil(stopping.isOver);
    assert.equal(handedBack(), 2);
    assert.deepEqual(under.complaints, []);
  });

  it("forwards meanwhile, rings nobody anew, lets no phone call, and says in /readyz that it stops", async () => {
    const { pbx, phone, desk, caller } = await talking();
    const stopping = stop();
    await under.passUntil(() => under.divert.lines.find("101")?.callsInProgress === 1);
    const forwarded = await pbx.sends("INVITE", under.udp, { requestUri: under.contact("102") });
    await pbx.acknowledges(forwarded, await pbx.expects(302), under.udp);
    const dialled = await phone.dials("105", offer);
    await desk.acknowledges(dialled, await desk.expects(503), under.udp);
    const { host, port } = under.divert.http;
    assert.equal((await fetch(`http://${host}:${port}/readyz`)).status, 503);
    await caller.sends("BYE");
    desk.answers(await desk.expects("BYE"), 200);
    await pbx.expects(200);
    await under.passUntil(stopping.isOver);
  });

  it("has stopped as soon as the last call has ended", async () => {
    const { pbx, desk, caller } = await talking();
    const stopping = stop();
    await under.pass(2_000);
    await caller.sends("BYE");
    desk.answers(await desk.expects("BYE"), 200);
    await pbx.expects(200);
    const endedAt = under.clock.now();
    await under.passUntil(() => handedBack() === 2);
    assert.ok(under.clock.now() - endedAt < drainMs - 2_000);
    await under.passUntil(stopping.isOver);
  });

  it("ends what rings at the limit: 480 to the caller, CANCEL to the phone", async () => {
    const { pbx, phone, desk, invite, rung } = await ringing();
    desk.answers(rung, 180, phone.answer());
    const stopping = stop();
    await under.pass(drainMs);
    await pbx.acknowledges(invite, await pbx.expects(480), under.udp);
    desk.answers(await desk.expects("CANCEL"), 200);
    desk.answers(rung, 487);
    await under.passUntil(stopping.isOver);
  });

  it("says BYE to an end too whose ACK to the answer is missing: nobody will be there to wait for it", async () => {
    const { pbx, desk, callee } = await answered();
    await callee.sends("BYE");
    await desk.expects(200);
    assert.ok(!pbx.received.some((message) => message.kind === "request" && message.method === "BYE"));
    const stopping = stop();
    const bye = await pbx.expects("BYE");
    assert.match(bye.headers.get("Reason") ?? "", /^SIP;cause=503;/);
    pbx.answers(bye, 200);
    await under.passUntil(stopping.isOver);
  });

  it("waits two seconds and no longer for an end that does not answer its BYE", async () => {
    const { pbx, desk } = await talking();
    const stopping = stop();
    await under.pass(drainMs);
    pbx.answers(await pbx.expects("BYE"), 200);
    await desk.expects("BYE");
    await under.pass(1_500);
    assert.equal(handedBack(), 0);
    await under.pass(1_000);
    assert.ok(desk.copies >= 2, `${desk.copies} copies`);
    await under.passUntil(() => handedBack() === 2);
    await under.passUntil(stopping.isOver);
  });
});
