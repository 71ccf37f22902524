/**
 * CHECKS D04: an end that vanishes without closing its connection, as when a cable is cut. What the kernel finds out by
 * itself (SO_KEEPALIVE after 40 s of silence) takes real time and is not shown here.
 */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { lookEveryMs, probeEveryMs } from "../../src/calls/bridge/probe-legs.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import type { UnderTestOptions } from "../support/divert-under-test.ts";
import { FlowPhone, PeerDialog, withSdp } from "../support/flow-phone.ts";
import type { ScriptedPeer } from "../support/scripted-peer.ts";

const offer = "v=0\r\ns=offer\r\n";
const reply = "v=0\r\ns=reply\r\n";

let under: DivertUnderTest;
afterEach(() => under.close());

/** A phone by TCP, and a PBX that calls its line. */
async function scene(options: UnderTestOptions = {}) {
  under = await DivertUnderTest.start({
    lines: { "101": "refusing", "102": "refusing" },
    phones: true,
    ...options,
  });
  const pbx = await under.peer();
  const phone = await FlowPhone.register(under, "101", loopbackAddress(), "TCP");
  const call = () =>
    pbx.sends("INVITE", under.udp, { requestUri: under.contact("101"), ...withSdp([], offer) });
  return { pbx, phone, desk: phone.peer, call };
}

/** No connection is held any more, and the line is free. */
async function isFreed(): Promise<void> {
  await under.passUntil(() => under.divert.userAgent.counts().connections === 0);
  assert.equal(under.divert.lines.find("101")?.callsInProgress, 0);
}

function requests(peer: ScriptedPeer, method: string): number {
  return peer.received.filter((message) => message.kind === "request" && message.method === method).length;
}

describe("a phone that vanishes without closing its connection", () => {
  it("while idle: the next call is forwarded within 8 s, and 32 s later the connection is given up", async () => {
    const { pbx, desk, call } = await scene({ rules: { "101": { "unreachable/all": "102" } } });
    desk.vanish();
    const invite = await call();
    await under.pass(8_500);
    await pbx.acknowledges(invite, await pbx.expects(302), under.udp);
    await under.pass(32_000);
    await isFreed();
    const next = await call();
    await pbx.acknowledges(next, await pbx.expects(302), under.udp);
    await under.leavesNothing();
  });

  it("while it rings: the call is forwarded when time is up, and the connection given up 32 s later", async () => {
    const { pbx, phone, desk, call } = await scene({ rules: { "101": { "noAnswer/all": "102" } } });
    const invite = await call();
    desk.answers(await desk.expects("INVITE"), 180, phone.answer());
    await pbx.expects(180);
    desk.vanish();
    await under.pass(20_500);
    await pbx.acknowledges(invite, await pbx.expects(302), under.udp);
    await under.pass(32_500);
    await isFreed();
    await under.leavesNothing();
  });

  it("in a call: the other end has its BYE within two minutes, and the connection is given up", async () => {
    const { pbx, phone, desk, call } = await scene();
    const invite = await call();
    desk.answers(await desk.expects("INVITE"), 200, phone.answer(reply));
    await PeerDialog.ofCaller(pbx, under.udp, invite, await pbx.expects(200)).acknowledges(invite);
    await desk.expects("ACK");
    desk.vanish();
    await under.pass(probeEveryMs);
    pbx.answers(await pbx.expects("OPTIONS"), 200);
    await under.pass(119_000 - probeEveryMs);
    pbx.answers(await pbx.expects("BYE"), 200);
    await isFreed();
    await under.leavesNothing();
    assert.equal((await under.calls()).at(-1)?.end, "lost");
  });
});

describe("a PBX whose connection is gone", () => {
  const byTcp = { pbxProtocol: "TCP" } as const;

  /** The phone's call is up; it left by the connection that carries the lines. */
  async function calling() {
    const { phone, desk } = await scene(byTcp);
    const pbx = under.pbx.calls;
    const dialled = await phone.dials("105", offer);
    const rung = await pbx.expects("INVITE");
    return { desk, pbx, dialled, rung };
  }

  async function talking() {
    const { desk, pbx, dialled, rung } = await calling();
    pbx.answers(rung, 200, withSdp([["Contact", `<${pbx.uri}>`]], reply));
    await pbx.expects("ACK");
    const caller = PeerDialog.ofCaller(desk, under.tcp, dialled, await desk.expects(200));
    await caller.acknowledges(dialled);
    await under.pass(100);
    return { desk, pbx, caller };
  }

  it("closed while a phone's call rings there: the phone hears so at once", async () => {
    const { desk, pbx, dialled, rung } = await calling();
    pbx.answers(rung, 180);
    await desk.expects(180);
    pbx.disconnect();
    await desk.acknowledges(dialled, await desk.expects(503), under.tcp);
    assert.equal(under.divert.lines.find("101")?.callsInProgress, 0);
    await under.leavesNothing();
    assert.equal((await under.calls()).at(-1)?.end, "unreachable");
  });

  it("closed in a call: it is asked by a new one whether it is there, and the call goes on", async () => {
    const { desk, pbx, caller } = await talking();
    pbx.disconnect();
    await under.pass(lookEveryMs);
    pbx.answers(await pbx.expects("OPTIONS"), 200);
    await under.pass(1_000);
    assert.equal(under.divert.lines.find("101")?.callsInProgress, 1);
    await caller.sends("BYE");
    pbx.answers(await pbx.expects("BYE"), 200);
    await desk.expects(200);
    await under.leavesNothing();
  });

  it("closed: the lines that it has forgotten are asked for at once and come back", async () => {
    under = await DivertUnderTest.start({ lines: { "101": "refusing", "102": "refusing" }, ...byTcp });
    under.pbx.contacts.clear();
    under.pbx.calls.disconnect();
    const closedAt = under.clock.now();
    await under.passUntil(() => under.pbx.contacts.size === 2);
    assert.ok(under.clock.now() - closedAt < 5_000);
  });

  it("vanished in a call: its pings are missed, and the phone has its BYE within two minutes", async () => {
    const { desk, pbx } = await talking();
    await under.pass(31_000);
    pbx.vanish();
    await under.pass(117_000);
    desk.answers(await desk.expects("BYE"), 200);
    assert.equal(requests(pbx, "BYE"), 0);
    assert.equal(under.divert.lines.find("101")?.callsInProgress, 0);
  });
});
