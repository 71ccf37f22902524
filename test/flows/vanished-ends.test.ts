/** An end of a call that goes without a BYE is found out, and the other end and the line are set free. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { lookEveryMs, probeEveryMs } from "../../src/calls/probe-legs.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { FlowPhone, PeerDialog, withSdp } from "../support/flow-phone.ts";
import type { ScriptedPeer } from "../support/scripted-peer.ts";

const offer = "v=0\r\ns=offer\r\n";
const reply = "v=0\r\ns=reply\r\n";

let under: DivertUnderTest;
afterEach(() => under.close());

/** A call from the PBX to a line's phone that is up, and for which no interval was agreed. */
async function call(protocol: "UDP" | "TCP" = "UDP") {
  under = await DivertUnderTest.start({ lines: { "101": "refusing" }, phones: true });
  const pbx = await under.peer();
  const { peer: desk, ...phone } = await answering(protocol);
  const invite = await pbx.sends("INVITE", under.udp, {
    requestUri: under.contact("101"),
    ...withSdp([], offer),
  });
  desk.answers(await desk.expects("INVITE"), 200, phone.answer());
  const caller = PeerDialog.ofCaller(pbx, under.udp, invite, await pbx.expects(200));
  await caller.acknowledges(invite);
  await desk.expects("ACK");
  return { pbx, desk, caller };
}

async function answering(protocol: "UDP" | "TCP") {
  const phone = await FlowPhone.register(under, "101", loopbackAddress(), protocol);
  return { peer: phone.peer, answer: () => phone.answer(reply) };
}

function asked(peer: ScriptedPeer): number {
  return peer.received.filter((message) => message.kind === "request" && message.method === "OPTIONS").length;
}

async function isOver(): Promise<void> {
  await under.leavesNothing();
  assert.equal((await under.calls()).at(-1)?.end, "lost");
}

describe("a call whose ends have agreed on no interval", () => {
  it("goes on as long as both answer OPTIONS, whatever they answer", async () => {
    const { pbx, desk, caller } = await call();
    for (const status of [200, 405, 500, 501]) {
      await under.pass(probeEveryMs);
      pbx.answers(await pbx.expects("OPTIONS"), status);
      desk.answers(await desk.expects("OPTIONS"), status);
    }
    assert.equal(under.divert.lines.find("101")?.callsInProgress, 1);
    await caller.sends("BYE");
    desk.answers(await desk.expects("BYE"), 200);
    await pbx.expects(200);
    await under.leavesNothing();
  });

  it("ends for both when one is silent", async () => {
    const { pbx, desk } = await call();
    await under.pass(probeEveryMs);
    pbx.answers(await pbx.expects("OPTIONS"), 200);
    await under.pass(33_000);
    pbx.answers(await pbx.expects("BYE"), 200);
    desk.answers(await desk.expects("BYE"), 200);
    await isOver();
  });

  for (const status of [481, 408]) {
    it(`ends for both when one answers ${status}`, async () => {
      const { pbx, desk } = await call();
      await under.pass(probeEveryMs);
      desk.answers(await desk.expects("OPTIONS"), 200);
      pbx.answers(await pbx.expects("OPTIONS"), status);
      desk.answers(await desk.expects("BYE"), 200);
      pbx.answers(await pbx.expects("BYE"), 481);
      await isOver();
    });
  }

  it("ends within seconds when a phone's connection has closed and the phone is reached by no other", async () => {
    const { pbx, desk } = await call("TCP");
    await desk.close();
    await under.pass(lookEveryMs + 1_000);
    pbx.answers(await pbx.expects("BYE"), 200);
    assert.equal(asked(pbx), 0);
    await isOver();
  });
});
