import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { SipRequest } from "../../src/sip/message/message.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { FlowPhone, PeerDialog, withSdp } from "../support/flow-phone.ts";
import type { ScriptedPeer } from "../support/scripted-peer.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const sdp = "v=0\r\ns=one of many\r\n";
const calls = 500;

describe("many calls at once", () => {
  let under: DivertUnderTest;
  let pbx: ScriptedPeer;
  let phone: FlowPhone;
  before(async () => {
    under = await DivertUnderTest.start({ lines: { "101": "refusing" }, phones: true, callWaiting: true });
    pbx = await under.peer();
    phone = await FlowPhone.register(under, "101", loopbackAddress());
  });
  after(() => under.close());

  /** They are all up for a minute and then all end. */
  async function round(): Promise<void> {
    const up: { caller: PeerDialog; invite: SipRequest }[] = [];
    for (let n = 0; n < calls; n++) {
      const invite = await pbx.sends("INVITE", under.udp, {
        requestUri: under.contact("101"),
        ...withSdp([], sdp),
      });
      phone.peer.answers(await phone.peer.expects("INVITE"), 200, phone.answer(sdp));
      const caller = PeerDialog.ofCaller(pbx, under.udp, invite, await pbx.expects(200));
      await caller.acknowledges(invite);
      await phone.peer.expects("ACK");
      up.push({ caller, invite });
    }
    assert.equal(under.divert.lines.find("101")?.callsInProgress, calls);
    await under.pass(60_000);
    assert.equal(under.divert.lines.find("101")?.callsInProgress, calls);
    for (const { caller } of up) {
      await caller.sends("BYE");
      phone.peer.answers(await phone.peer.expects("BYE"), 200);
      await pbx.expects(200);
    }
    await under.leavesNothing();
    pbx.forget();
    phone.peer.forget();
  }

  function heapUsed(): number {
    collectGarbage();
    collectGarbage();
    return process.memoryUsage().heapUsed;
  }

  it("leave no timer, no transaction and no memory behind", async () => {
    await round();
    const timers = under.clock.pending;
    const heap = heapUsed();
    await round();
    const grownBytes = heapUsed() - heap;
    // A call that is kept, with its dialogs and messages, is 20 kB or more; the runtime itself breathes by a megabyte.
    assert.ok(grownBytes < calls * 5_000, `${grownBytes} bytes more after ${calls} calls`);
    assert.ok(under.clock.pending <= timers, `${under.clock.pending} timers, ${timers} before`);
  });
});
