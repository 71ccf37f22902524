/** Targets that fail where the group wants the phones to ring then, and a PBX that lets a line have few calls. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { SipRequest } from "../../src/sip/message/message.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import type { UnderTestOptions } from "../support/divert-under-test.ts";
import { FlowPhone, PeerDialog, withSdp } from "../support/flow-phone.ts";

const offer = "v=0\r\no=caller 1 1 IN IP4 192.0.2.7\r\ns=-\r\n";
const reply = "v=0\r\no=phone 2 2 IN IP4 192.0.2.8\r\ns=-\r\n";

const open: DivertUnderTest[] = [];
afterEach(async () => {
  for (const under of open.splice(0)) await under.close();
});

/** Line 101 with a phone, at a PBX that follows no 302. */
async function scene(options: UnderTestOptions = {}) {
  const under = await DivertUnderTest.start({
    lines: { "101": "refusing" },
    phones: true,
    rules: { "101": { "always/all": "103" } },
    ...options,
    pbx: { redirect: "no", ...options.pbx },
    group: { relayFailure: "ringPhones", ...options.group },
  });
  open.push(under);
  const desk = await FlowPhone.register(under, "101", loopbackAddress());
  const caller = await under.peer();
  const invite = (tag = "caller") =>
    caller.sends("INVITE", under.udp, {
      requestUri: under.contact("101"),
      from: `<sip:105@pbx.example>;tag=${tag}`,
      ...withSdp([], offer),
    });
  const line = [...under.divert.lines.all()][0];
  return { under, desk, caller, target: under.pbx.calls, invite, line };
}

type Scene = Awaited<ReturnType<typeof scene>>;

async function countedCalls({ divert: { http } }: DivertUnderTest): Promise<string[]> {
  const text = await (await fetch(`http://${http.host}:${http.port}/metrics`)).text();
  return text.split("\n").filter((line) => line.startsWith("divert_calls_total{"));
}

/** The phone answers, they talk, and the caller hangs up. */
async function talksToThePhone({ under, desk, caller, line }: Scene, call: SipRequest): Promise<void> {
  const rung = await desk.peer.expects("INVITE");
  assert.equal(rung.body.toString(), offer);
  // A peer takes what it has heard before for a copy: this ringing is told from that of the target.
  desk.peer.answers(rung, 183, desk.answer(reply));
  await caller.expects(183);
  assert.equal(line?.callsInProgress, 1);
  desk.peer.answers(rung, 200, desk.answer(reply));
  const success = await caller.expects(200);
  assert.equal(success.body.toString(), reply);
  const dialog = PeerDialog.ofCaller(caller, under.udp, call, success);
  await dialog.acknowledges(call);
  await desk.peer.expects("ACK");
  await dialog.sends("BYE");
  assert.equal((await caller.expects(200)).cseq.method, "BYE");
  desk.peer.answers(await desk.peer.expects("BYE"), 200);
}

describe("the target of a relayed call fails, and the line's phone rings", () => {
  for (const [story, status] of [
    ["is busy", 486],
    ["cannot be reached", 480],
    ["is no number", 404],
  ] as const) {
    it(`because it ${story}: the caller hears nothing of that and talks to the phone`, async () => {
      const all = await scene();
      const { under, caller, target, invite, line } = all;
      const call = await invite();
      const forwarded = await caller.expects(181);
      const second = await target.expects("INVITE");
      assert.deepEqual([line?.callsInProgress, line?.callsAtPbx], [0, 2]);
      target.answers(second, status);
      await target.expects("ACK");
      await talksToThePhone(all, call);
      await under.leavesNothing();
      assert.equal(line?.callsAtPbx, 0);
      const [logged, ...others] = await under.calls();
      assert.equal(others.length, 0);
      // Decided twice, counted once, by what was decided last.
      assert.deepEqual(await countedCalls(under), [
        'divert_calls_total{action="ring",when="none",callers="none"} 1',
      ]);
      assert.deepEqual([logged?.action, logged?.end], ["ring", "hungUpByCaller"]);
      assert.ok(logged?.because.some((reason) => reason.startsWith("The call went to 103, which ")));
      assert.ok(forwarded.toTag !== undefined);
    });
  }

  it("because nobody answers there in time: the target is left, and its late answer hung up", async () => {
    const all = await scene();
    const { under, caller, target, invite } = all;
    const call = await invite();
    await caller.expects(181);
    const second = await target.expects("INVITE");
    target.answers(second, 180, { headers: [["Contact", `<${target.uri}>`]] });
    await caller.expects(180);
    await under.pass(20_000);
    const cancel = await target.expects("CANCEL");
    target.answers(cancel, 200);
    // It was picked up at that very moment.
    target.answers(second, 200, withSdp([["Contact", `<${target.uri}>`]], reply));
    await target.expects("ACK");
    target.answers(await target.expects("BYE"), 200);
    await talksToThePhone(all, call);
    await under.leavesNothing();
  });

  it("unless the caller gives up first: then the phone is never called", async () => {
    const { under, caller, target, invite, desk } = await scene();
    const call = await invite();
    await caller.expects(181);
    const second = await target.expects("INVITE");
    target.answers(second, 180, { headers: [["Contact", `<${target.uri}>`]] });
    await caller.expects(180);
    await caller.cancels(call, under.udp);
    await caller.expects(200);
    await caller.acknowledges(call, await caller.expects(487), under.udp);
    target.answers(await target.expects("CANCEL"), 200);
    target.answers(second, 487);
    await target.expects("ACK");
    await under.leavesNothing();
    assert.ok(!desk.peer.received.some((message) => "method" in message && message.method === "INVITE"));
    assert.equal((await under.calls())[0]?.end, "cancelled");
  });

  it("unless somebody there declines: that is the target's own word, and goes back", async () => {
    const { under, caller, target, invite } = await scene();
    const call = await invite();
    await caller.expects(181);
    target.answers(await target.expects("INVITE"), 603);
    await target.expects("ACK");
    await caller.acknowledges(call, await caller.expects(603), under.udp);
    await under.leavesNothing();
    assert.deepEqual(
      (await under.calls()).map(({ action, end }) => [action, end]),
      [["relay", "refused"]],
    );
  });

  it("and when the phone does not answer either, the rule for that leads on, once", async () => {
    const rules = { "101": { "always/all": "103", "noAnswer/all": "104" } };
    const all = await scene({ rules });
    const { under, caller, target, invite, desk } = all;
    const call = await invite();
    await caller.expects(181);
    target.answers(await target.expects("INVITE"), 486);
    await target.expects("ACK");
    const rung = await desk.peer.expects("INVITE");
    desk.peer.answers(rung, 180, desk.answer());
    await caller.expects(180);
    await under.pass(20_000);
    desk.peer.answers(await desk.peer.expects("CANCEL"), 200);
    desk.peer.answers(rung, 487);
    await desk.peer.expects("ACK");

    const onward = await target.expects("INVITE");
    assert.equal(onward.requestUri, "sip:104@pbx.example");
    assert.match(onward.headers.get("Diversion") ?? "", /reason=no-answer/);
    target.answers(onward, 486);
    await target.expects("ACK");
    await talksToThePhone(all, call);
    await under.leavesNothing();
    assert.equal((await under.calls()).length, 1);
  });

  it("and the explanation says so beforehand", async () => {
    const { under } = await scene();
    const explain = async (stage: string) =>
      (await under.ask("POST", "/lines/101/explain", { caller: "105", stage })).body as {
        action: string;
        because: string[];
      };
    const arrived = await explain("arrived");
    assert.equal(arrived.action, "relay");
    assert.match(
      arrived.because.at(-1) ?? "",
      /within 20 seconds, the call comes back and the line's phones/,
    );
    const failed = await explain("targetFailed");
    assert.equal(failed.action, "ring");
    assert.ok(failed.because.includes("The call went to 103, which cannot be reached."));
  });
});

describe("a PBX that lets a line have two calls", () => {
  it("is asked for a relay when the line has none, and never for a third call", async () => {
    const all = await scene({ pbx: { callsPerLine: 2 } });
    const { under, caller, target, invite, desk, line } = all;
    const first = await invite("first");
    await caller.expects(181);
    const relayed = await target.expects("INVITE");
    target.answers(relayed, 200, withSdp([["Contact", `<${target.uri}>`]], reply));
    const success = await caller.expects(200);
    const dialog = PeerDialog.ofCaller(caller, under.udp, first, success);
    await dialog.acknowledges(first);
    await target.expects("ACK");
    assert.deepEqual([line?.callsInProgress, line?.callsAtPbx], [0, 2]);

    // The rule is passed over: no 181 is heard, and the phone rings.
    const second = await invite("second");
    const rung = await desk.peer.expects("INVITE");
    desk.peer.answers(rung, 486);
    await desk.peer.expects("ACK");
    const busy = await caller.expects(486);
    await caller.acknowledges(second, busy, under.udp);
    const told = caller.received.filter((message) => message.callId === second.callId);
    assert.ok(!told.some((message) => "status" in message && message.status === 181));

    await dialog.sends("BYE");
    await caller.expects(200);
    target.answers(await target.expects("BYE"), 200);
    await under.leavesNothing();
    assert.equal(line?.callsAtPbx, 0);
    const logged = await under.calls();
    assert.deepEqual(logged.map(({ action }) => action).toSorted(), ["reject", "relay"]);
  });
});
