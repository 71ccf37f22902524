/** An end of a call that goes without a BYE is found out, and the other end and the line are set free. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { lookEveryMs, probeEveryMs, reconnectMs } from "../../src/calls/bridge/probe-legs.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { FlowPhone, PeerDialog, withSdp } from "../support/flow-phone.ts";
import type { ScriptedPeer } from "../support/scripted-peer.ts";

const offer = "v=0\r\ns=offer\r\n";
const reply = "v=0\r\ns=reply\r\n";

let under: DivertUnderTest;
afterEach(() => under.close());

/** A call from the PBX to a line's phone that is up, and that the PBX will refresh in that time if one is given. */
async function call(protocol: "UDP" | "TCP" = "UDP", intervalSeconds?: number, minSe?: number) {
  under = await DivertUnderTest.start({ lines: { "101": "refusing" }, phones: true });
  const pbx = await under.peer();
  const { peer: desk, ...phone } = await answering(protocol);
  const invite = await pbx.sends("INVITE", under.udp, {
    requestUri: under.contact("101"),
    ...withSdp(
      [
        ...(intervalSeconds === undefined
          ? []
          : ([
              ["Supported", "timer"],
              ["Session-Expires", `${intervalSeconds};refresher=uac`],
            ] as const)),
        ...(minSe === undefined ? [] : [["Min-SE", String(minSe)] as const]),
      ],
      offer,
    ),
  });
  desk.answers(await desk.expects("INVITE"), 200, phone.answer());
  const success = await pbx.expects(200);
  const caller = PeerDialog.ofCaller(pbx, under.udp, invite, success);
  await caller.acknowledges(invite);
  await desk.expects("ACK");
  return { pbx, desk, caller, success };
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

  it("ends when a phone's connection has closed and it has had a minute to come back by another", async () => {
    const { pbx, desk } = await call("TCP");
    await desk.close();
    await under.pass(reconnectMs);
    assert.equal(under.divert.lines.find("101")?.callsInProgress, 1);
    await under.pass(2 * lookEveryMs);
    pbx.answers(await pbx.expects("BYE"), 200);
    assert.equal(asked(pbx), 0);
    await isOver();
  });
});

describe("a call whose ends refresh it (CHECKS B16, RFC 4028)", () => {
  /** The PBX refreshes, the phone takes it. */
  async function refresh({ pbx, desk, caller }: Awaited<ReturnType<typeof call>>): Promise<void> {
    await caller.sends("UPDATE", undefined, [
      ["Supported", "timer"],
      ["Session-Expires", "1800;refresher=uac"],
    ]);
    const asked = await desk.expects("UPDATE");
    desk.answers(asked, 200, { headers: [["Session-Expires", "1800;refresher=uac"]] });
    assert.equal((await pbx.expects(200)).headers.get("Session-Expires"), "1800;refresher=uac");
  }

  it("is left in peace as long as the refreshes are frequent", async () => {
    const scene = await call("UDP", 1800);
    for (let refreshes = 0; refreshes < 5; refreshes++) {
      await under.pass(probeEveryMs - 1_000);
      await refresh(scene);
    }
    const { pbx, desk, caller } = scene;
    assert.deepEqual([asked(pbx), asked(desk)], [0, 0]);
    await caller.sends("BYE");
    desk.answers(await desk.expects("BYE"), 200);
    await pbx.expects(200);
    await under.leavesNothing();
  });

  it("ends for both within two minutes when the phone has vanished, however long the interval", async () => {
    const { pbx, success } = await call("UDP", 1800);
    assert.equal(success.headers.get("Session-Expires"), "1800;refresher=uac");
    await under.pass(probeEveryMs);
    pbx.answers(await pbx.expects("OPTIONS"), 200);
    await under.pass(119_000 - probeEveryMs);
    pbx.answers(await pbx.expects("BYE"), 200);
    await isOver();
  });

  it("ends after a minute when the phone's connection has closed, however long the interval", async () => {
    const { pbx, desk } = await call("TCP", 1800);
    await desk.close();
    await under.pass(reconnectMs + 2 * lookEveryMs);
    pbx.answers(await pbx.expects("BYE"), 200);
    await isOver();
  });

  for (const [intervalSeconds, minSe] of [
    [90, undefined],
    [3600, 3600],
  ] as const) {
    it(`ends for both when ${intervalSeconds} s are over without a refresh, though both are there`, async () => {
      const { pbx, desk, success } = await call("UDP", intervalSeconds, minSe);
      assert.equal(success.headers.get("Session-Expires"), `${intervalSeconds};refresher=uac`);
      assert.equal(desk.received.at(-2)?.headers.get("Min-SE"), minSe === undefined ? undefined : "3600");
      const step = probeEveryMs / 1_000;
      for (let at = step; at < intervalSeconds; at += step) {
        await under.pass(probeEveryMs);
        pbx.answers(await pbx.expects("OPTIONS"), 200);
        desk.answers(await desk.expects("OPTIONS"), 200);
      }
      assert.equal(under.divert.lines.find("101")?.callsInProgress, 1);
      await under.pass((intervalSeconds % step || step) * 1_000);
      for (const peer of [pbx, desk]) {
        const bye = await peer.expects("BYE");
        assert.match(bye.headers.get("Reason") ?? "", /cause=408/);
        peer.answers(bye, 200);
      }
      assert.equal(under.divert.lines.find("101")?.callsInProgress, 0);
      await isOver();
    });
  }

  it("is not begun with an interval of 5 s: 422 says what the least is", async () => {
    under = await DivertUnderTest.start({ lines: { "101": "refusing" }, phones: true });
    const pbx = await under.peer();
    const { peer: desk } = await answering("UDP");
    const invite = await pbx.sends("INVITE", under.udp, {
      requestUri: under.contact("101"),
      ...withSdp(
        [
          ["Supported", "timer"],
          ["Session-Expires", "5"],
        ],
        offer,
      ),
    });
    const brief = await pbx.expects(422);
    assert.equal(brief.headers.get("Min-SE"), "90");
    await pbx.acknowledges(invite, brief, under.udp);
    assert.ok(!desk.received.some((message) => message.kind === "request"));
    await under.leavesNothing();
  });
});
