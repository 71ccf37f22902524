import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import type { UnderTestOptions } from "../support/divert-under-test.ts";
import { FlowPhone, PeerDialog, withSdp } from "../support/flow-phone.ts";

const sdp = "v=0\r\ns=race\r\n";

const open: DivertUnderTest[] = [];
afterEach(async () => {
  for (const under of open.splice(0)) await under.close();
});

async function scene(options: UnderTestOptions = {}, protocol: "UDP" | "TCP" = "UDP") {
  const under = await DivertUnderTest.start({ lines: { "101": "refusing" }, phones: true, ...options });
  open.push(under);
  const pbx = await under.peer();
  const [line = "101"] = Object.keys(options.lines ?? {});
  const phone = await FlowPhone.register(under, line, loopbackAddress(), protocol);
  const invite = () =>
    pbx.sends("INVITE", under.udp, { requestUri: under.contact(line), ...withSdp([], sdp) });
  return { under, pbx, phone, desk: phone.peer, invite };
}

function count(messages: readonly { kind: string }[], what: string | number): number {
  return messages.filter((m) => ("method" in m ? m.method === what : "status" in m && m.status === what))
    .length;
}

describe("moments that meet", () => {
  it("an answer about the time that the call is forwarded: they talk or it is forwarded, never both, never neither", async () => {
    const lines = { "101": "refusing", "102": "refusing" } as const;
    const { under, pbx, phone, desk, invite } = await scene({
      lines,
      rules: { "101": { "noAnswer/all": "102" } },
    });
    const outcomes = { talked: 0, forwarded: 0 };
    let byes = 0;
    // CHECKS B06.
    for (let attempt = 0; attempt < 1000; attempt++) {
      const ms = attempt / 20;
      if (attempt % 100 === 99) await phone.registers();
      pbx.forget();
      desk.forget();
      const call = await invite();
      const rung = await desk.expects("INVITE");
      desk.answers(rung, 180, phone.answer());
      await pbx.expects(180);
      await under.clock.advanceAsync(20_000 - 25);
      // Both are due within the same few milliseconds; the sockets decide who is first.
      const crossing = under.clock.advanceAsync(ms);
      if (attempt % 2 === 0) await crossing;
      desk.answers(rung, 200, phone.answer(sdp));
      await crossing;
      await under.clock.advanceAsync(50 - ms);
      await desk.expects("ACK");
      await under.passUntil(() => count(pbx.received, 200) + count(pbx.received, 302) > 0, 0);
      const talks = count(pbx.received, 200) === 1;
      assert.notEqual(talks, count(pbx.received, 302) === 1, "exactly one of the two");
      if (talks) {
        outcomes.talked++;
        const caller = PeerDialog.ofCaller(pbx, under.udp, call, await pbx.expects(200));
        await caller.acknowledges(call);
        await caller.sends("BYE");
        desk.answers(await desk.expects("BYE"), 200);
      } else {
        outcomes.forwarded++;
        await pbx.acknowledges(call, await pbx.expects(302), under.udp);
        desk.answers(await desk.expects("BYE"), 200);
      }
      await under.clock.advanceAsync(1_000);
      byes += count(desk.received, "BYE");
    }
    await under.pass(33_000);
    assert.equal(byes, 1000);
    assert.ok(outcomes.talked > 0 && outcomes.forwarded > 0, JSON.stringify(outcomes));
    await under.leavesNothing();
  });

  it("a CANCEL and a 200 that meet: the caller has one of the two, and the phone stops", async () => {
    const { under, pbx, phone, desk, invite } = await scene();
    for (let n = 0; n < 20; n++) {
      pbx.forget();
      desk.forget();
      const call = await invite();
      const rung = await desk.expects("INVITE");
      desk.answers(rung, 180, phone.answer());
      await pbx.expects(180);
      const cancelled = n % 2 === 0 ? pbx.cancels(call, under.udp) : Promise.resolve();
      desk.answers(rung, 200, phone.answer(sdp));
      await cancelled;
      if (n % 2 === 1) await pbx.cancels(call, under.udp);
      await desk.expects("ACK");
      await under.passUntil(
        () =>
          pbx.received.some((m) => m.kind === "response" && m.cseq.method === "INVITE" && m.status >= 200),
        0,
      );
      const final = pbx.received.find(
        (m) => m.kind === "response" && m.cseq.method === "INVITE" && m.status >= 200,
      );
      assert.ok(final?.kind === "response");
      if (final.status === 200) {
        const caller = PeerDialog.ofCaller(pbx, under.udp, call, final);
        await caller.acknowledges(call);
        await caller.sends("BYE");
      } else {
        assert.equal(final.status, 487);
        await pbx.acknowledges(call, final, under.udp);
      }
      desk.answers(await desk.expects("BYE"), 200);
    }
    await under.leavesNothing();
  });

  it("a phone whose connection is gone cannot be reached: the call is decided as such at once", async () => {
    const lines = { "101": "refusing", "102": "refusing" } as const;
    const rules = { "101": { "unreachable/all": "102" } };
    const { under, pbx, desk, invite } = await scene({ lines, rules }, "TCP");
    const call = await invite();
    await desk.expects("INVITE");
    await desk.close();
    const moved = await pbx.expects(302);
    await pbx.acknowledges(call, moved, under.udp);
    await under.leavesNothing();
  });

  it("where the group keeps ringing, a call that the phones cannot take rings until the caller gives up", async () => {
    const { under, pbx, desk, invite } = await scene({ lines: { "111": "ringing" } });
    const call = await invite();
    desk.answers(await desk.expects("INVITE"), 480);
    await pbx.expects(180);
    assert.equal(under.divert.lines.find("111")?.callsInProgress, 1);
    await pbx.cancels(call, under.udp);
    await pbx.acknowledges(call, await pbx.expects(487), under.udp);
    await under.leavesNothing();
    assert.equal((await under.calls()).at(-1)?.end, "cancelled");
  });

  it("a call that nobody ends is told every minute that it rings, and given up after ten", async () => {
    const { under, pbx, phone, desk, invite } = await scene();
    const call = await invite();
    const rung = await desk.expects("INVITE");
    desk.answers(rung, 180, phone.answer());
    await pbx.expects(180);
    await under.pass(601_000);
    assert.ok(pbx.copies >= 8, `${pbx.copies} copies`);
    await pbx.acknowledges(call, await pbx.expects(480), under.udp);
    desk.answers(await desk.expects("CANCEL"), 200);
    desk.answers(rung, 487);
    await under.leavesNothing();
    assert.equal((await under.calls()).at(-1)?.end, "notAnswered");
  });

  it("with call waiting the phone is offered a second call while the first is up", async () => {
    const { under, pbx, phone, desk, invite } = await scene({ callWaiting: true });
    const talks: PeerDialog[] = [];
    for (let n = 0; n < 2; n++) {
      const call = await invite();
      desk.answers(await desk.expects("INVITE"), 200, phone.answer(sdp));
      const caller = PeerDialog.ofCaller(pbx, under.udp, call, await pbx.expects(200));
      await caller.acknowledges(call);
      talks.push(caller);
    }
    assert.equal(under.divert.lines.find("101")?.callsInProgress, 2);
    for (const caller of talks) {
      await caller.sends("BYE");
      desk.answers(await desk.expects("BYE"), 200);
    }
    await under.leavesNothing();
    assert.deepEqual((await under.calls()).map(({ lineState }) => lineState).toSorted(), ["busy", "idle"]);
  });

  it("an INVITE that may go no further rings nobody", async () => {
    const { under, pbx, desk } = await scene();
    const call = await pbx.sends("INVITE", under.udp, {
      requestUri: under.contact("101"),
      maxForwards: 0,
    });
    await pbx.acknowledges(call, await pbx.expects(483), under.udp);
    assert.equal(count(desk.received, "INVITE"), 0);
    await under.leavesNothing();
  });
});
