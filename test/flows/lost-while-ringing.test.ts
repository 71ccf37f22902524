import { afterEach, describe, it } from "node:test";
import assert from "node:assert/strict";
import { loadConfiguration } from "../../src/config/load-configuration.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import type { UnderTestOptions } from "../support/divert-under-test.ts";
import { FlowPhone, withSdp } from "../support/flow-phone.ts";

const open: DivertUnderTest[] = [];
afterEach(async () => {
  for (const under of open.splice(0)) await under.close();
});

const lines = { "101": "refusing", "102": "refusing" } as const;

/** The phone of line 101 rings, and the caller hears it; phone and PBX speak by these. */
async function ringing(
  protocol: "UDP" | "TCP",
  options: UnderTestOptions = {},
  ofPbx: "UDP" | "TCP" = "UDP",
) {
  const under = await DivertUnderTest.start({ lines, phones: true, ...options });
  open.push(under);
  const pbx = await under.peer(ofPbx);
  const { peer: desk } = await FlowPhone.register(under, "101", loopbackAddress(), protocol);
  const sdp = withSdp([], "v=0\r\ns=offer\r\n");
  const invite = await pbx.sends("INVITE", under.at(ofPbx), { requestUri: under.contact("101"), ...sdp });
  const rung = await desk.expects("INVITE");
  desk.answers(rung, 180);
  await pbx.expects(180);
  return { under, pbx, desk, invite, rung };
}

/** The configuration is applied anew, without line 101. */
async function removeLine(under: DivertUnderTest): Promise<void> {
  const text = JSON.stringify({
    sites: [
      { id: "starnberg", countryCode: "49", areaCode: "8151", mainNumber: "36856", extensions: ["100-399"] },
    ],
    pbxs: [
      { id: "hq", profile: "generic", site: "starnberg", registrar: under.pbx.uri, domain: "pbx.example" },
    ],
    groups: [{ id: "refusing", pbx: "hq" }],
    lines: [{ id: "102", group: "refusing", username: "102", password: "secret" }],
  });
  const loaded = loadConfiguration(text, { file: "divert.yaml", environment: {} });
  assert.ok(loaded.ok);
  await under.divert.directory.apply(loaded.value, { prune: true });
}

describe("what is lost while a call rings", () => {
  it("is the line: its call ends as one that no phone takes, and rings nobody anew", async () => {
    const { under, pbx, desk, invite, rung } = await ringing("UDP");
    await removeLine(under);
    desk.answers(rung, 486);
    await desk.expects("ACK");
    await pbx.acknowledges(invite, await pbx.expects(480), under.udp);
    await under.leavesNothing();
  });

  it("is the only phone: its connection closes, and the call is decided as one that reaches nobody", async () => {
    const rules = { "101": { "unreachable/all": "102" } };
    const { under, pbx, desk, invite } = await ringing("TCP", { rules });
    await desk.close();
    const moved = await pbx.expects(302);
    assert.match(moved.headers.get("Contact") ?? "", /^<sip:102@/);
    await pbx.acknowledges(invite, moved, under.udp);
    await under.leavesNothing();
  });

  it("is the caller's side: the phone stops ringing, and the line is free", async () => {
    const { under, pbx, desk, rung } = await ringing("UDP", {}, "TCP");
    await pbx.close();
    desk.answers(await desk.expects("CANCEL"), 200);
    desk.answers(rung, 487);
    await desk.expects("ACK");
    assert.equal(under.divert.lines.find("101")?.callsInProgress, 0);
    await under.leavesNothing();
    assert.equal((await under.calls()).at(-1)?.end, "lost");
  });

  it("is the caller's side of a call that rings in its ear alone: the line is free", async () => {
    const under = await DivertUnderTest.start({ lines: { "111": "ringing" } });
    open.push(under);
    const pbx = await under.peer("TCP");
    await pbx.sends("INVITE", under.tcp, { requestUri: under.contact("111") });
    await pbx.expects(180);
    assert.equal(under.divert.lines.find("111")?.callsInProgress, 1);
    await pbx.close();
    await under.passUntil(() => under.divert.lines.find("111")?.callsInProgress === 0);
    await under.leavesNothing();
    assert.equal((await under.calls()).at(-1)?.end, "lost");
  });

  it("is the caller's side of a relayed call: the target stops ringing", async () => {
    const rules = { "101": { "always/all": "102" } };
    const under = await DivertUnderTest.start({ lines, rules, pbx: { redirect: "no" } });
    open.push(under);
    const pbx = await under.peer("TCP");
    const target = under.pbx.calls;
    await pbx.sends("INVITE", under.tcp, { requestUri: under.contact("101") });
    await pbx.expects(181);
    const rung = await target.expects("INVITE");
    target.answers(rung, 180);
    await pbx.expects(180);
    await pbx.close();
    target.answers(await target.expects("CANCEL"), 200);
    target.answers(rung, 487);
    await target.expects("ACK");
    await under.leavesNothing();
    assert.equal((await under.calls()).at(-1)?.end, "lost");
  });
});

describe("what is lost while a phone's call rings elsewhere", () => {
  async function calling(protocol: "UDP" | "TCP") {
    const under = await DivertUnderTest.start({ lines, phones: true });
    open.push(under);
    const phone = await FlowPhone.register(under, "101", loopbackAddress(), protocol);
    const dialled = await phone.dials("105", "v=0\r\ns=offer\r\n");
    const pbx = under.pbx.calls;
    const rung = await pbx.expects("INVITE");
    pbx.answers(rung, 180);
    await phone.peer.expects(180);
    return { under, desk: phone.peer, pbx, dialled, rung };
  }

  it("is the phone, with its connection: the PBX gets a CANCEL, and the line is free", async () => {
    const { under, desk, pbx, rung } = await calling("TCP");
    await desk.close();
    pbx.answers(await pbx.expects("CANCEL"), 200);
    pbx.answers(rung, 487);
    await pbx.expects("ACK");
    assert.equal(under.divert.lines.find("101")?.callsInProgress, 0);
    await under.leavesNothing();
    assert.equal((await under.calls()).at(-1)?.end, "lost");
  });

  it("is everybody's patience: after ten minutes the phone hears 480, the PBX a CANCEL", async () => {
    const { under, desk, pbx, dialled, rung } = await calling("UDP");
    await under.pass(599_000);
    assert.ok(!pbx.received.some((message) => message.kind === "request" && message.method === "CANCEL"));
    await under.pass(2_000);
    await desk.acknowledges(dialled, await desk.expects(480), under.udp);
    pbx.answers(await pbx.expects("CANCEL"), 200);
    pbx.answers(rung, 487);
    await pbx.expects("ACK");
    await under.leavesNothing();
    assert.equal((await under.calls()).at(-1)?.end, "notAnswered");
  });
});

describe("an answer that does not say where it comes from (RFC 3261 §13.2.2.4)", () => {
  it("of a phone: it is acknowledged and ended, and the call is decided as one that reaches nobody", async () => {
    const { under, pbx, desk, invite, rung } = await ringing("UDP");
    desk.answers(rung, 200, withSdp([], "v=0\r\ns=reply\r\n"));
    const ack = await desk.expects("ACK");
    const bye = await desk.expects("BYE");
    assert.deepEqual([ack.requestUri, bye.requestUri], [rung.requestUri, rung.requestUri]);
    assert.deepEqual([ack.toTag, bye.toTag], [desk.tag, desk.tag]);
    desk.answers(bye, 200);
    await pbx.acknowledges(invite, await pbx.expects(480), under.udp);
    await under.leavesNothing();
  });
});
