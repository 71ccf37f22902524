/** CHECKS B02 and B03: nobody acknowledges the final response. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { FlowPhone, withSdp } from "../support/flow-phone.ts";
import { acknowledge, requestOf, responsesIn, wireOf } from "../support/placed-call.ts";

/** RFC 3261 §17.2.1: timer G doubles from T1 = 0.5 s up to T2 = 4 s, until timer H ends it all after 32 s. */
const sentAtMs = [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
const stepMs = 500;

describe("a final response that is never acknowledged", () => {
  let under: DivertUnderTest;
  before(async () => {
    under = await DivertUnderTest.start({ rules: { "101": { "always/all": "102" } } });
  });
  after(() => under.close());

  const calls = [
    { status: 302, requestUri: () => under.contact("101"), end: ["101", "redirect", "notAcknowledged"] },
    { status: 480, requestUri: () => under.contact("102"), end: ["102", "reject", "notAcknowledged"] },
    { status: 404, requestUri: () => "sip:nobody@divert.example", end: undefined },
  ];

  for (const { status, requestUri, end } of calls) {
    it(`${status} by UDP is repeated at 0.5, 1.5, 3.5, 7.5, 11.5 ... s, for 32 s, and is one call`, async () => {
      const peer = await under.raw();
      const logged = (await under.calls()).length;
      const invite = requestOf(peer, { requestUri: requestUri() });
      await peer.send(wireOf(invite));
      const responses = () => responsesIn(peer.arrived).filter(({ callId }) => callId === invite.callId);
      const at: number[] = [];
      for (let now = 0; now <= 40_000; now += stepMs) {
        await peer.probe();
        while (at.length < responses().length) at.push(now);
        await under.pass(stepMs);
      }
      assert.deepEqual(at, sentAtMs);
      assert.deepEqual([...new Set(responses().map((response) => response.status))], [status]);
      assert.equal(new Set(responses().map(({ toTag }) => toTag)).size, 1);
      const log = (await under.calls()).slice(logged);
      const expected = end === undefined ? [] : [end];
      assert.deepEqual(
        log.map(({ line, action, end: how }) => [line, action, how]),
        expected,
      );
    });

    it(`${status} by TCP is sent once, and forgotten after 32 s`, async () => {
      const peer = await under.raw("TCP");
      const invite = requestOf(peer, { requestUri: requestUri() });
      assert.deepEqual(await peer.statusesOf(wireOf(invite)), [status]);
      const count = peer.statuses.length;
      await under.pass(33_000);
      assert.deepEqual(peer.statuses.slice(count), []);
      assert.equal(under.divert.userAgent.counts().inviteServer, 0);
    });
  }

  it("is not repeated any more once an ACK has come through, however late", async () => {
    const peer = await under.raw();
    const invite = requestOf(peer, { requestUri: under.contact("101") });
    const [final] = responsesIn(await peer.exchange(wireOf(invite)));
    assert.ok(final !== undefined);
    await under.pass(10_000);
    await peer.probe();
    await acknowledge(peer, invite, final);
    await peer.probe();
    const count = peer.statuses.length;
    await under.pass(30_000);
    assert.equal(peer.statuses.length, count);
    assert.equal((await under.calls()).at(-1)?.end, "redirected");
  });

  it("leaves nothing", () => under.leavesNothing());
});

/** RFC 3261 §13.3.1.4: a 2xx is repeated like that by the core, over connections too, and then the call is ended. */
describe("an answer that is never acknowledged (CHECKS B02)", () => {
  const offer = "v=0\r\ns=offer\r\n";
  const reply = "v=0\r\ns=reply\r\n";
  let under: DivertUnderTest;
  before(async () => {
    under = await DivertUnderTest.start({ lines: { "101": "refusing" }, phones: true });
  });
  after(() => under.close());

  /** When copies came, after that of time 0, until 32 s are over. */
  async function copiesAt(count: () => number): Promise<number[]> {
    const at = [0];
    for (let now = 500; now <= 32_000; now += stepMs) {
      const before = count();
      await under.pass(stepMs);
      if (count() > before) at.push(now);
    }
    return at;
  }

  for (const protocol of ["UDP", "TCP"] as const) {
    it(`by ${protocol}: it is repeated for 32 s, then both legs get a BYE, and the line is free`, async () => {
      const pbx = await under.peer(protocol);
      const phone = await FlowPhone.register(under, "101", loopbackAddress());
      const requestUri = under.contact("101");
      await pbx.sends("INVITE", under.at(protocol), { requestUri, ...withSdp([], offer) });
      phone.peer.answers(await phone.peer.expects("INVITE"), 200, phone.answer(reply));
      await pbx.expects(200);
      const at = await copiesAt(() => pbx.copies);
      assert.deepEqual(at, sentAtMs);
      pbx.answers(await pbx.expects("BYE"), 200);
      const bye = await phone.peer.expects("BYE");
      assert.match(bye.headers.get("Reason") ?? "", /text="No ACK"/);
      phone.peer.answers(bye, 200);
      assert.equal(under.divert.lines.find("101")?.callsInProgress, 0);
      await under.leavesNothing();
      assert.equal((await under.calls()).at(-1)?.end, "notAcknowledged");
    });
  }

  it("by a phone that has called: likewise, and the PBX has its BYE", async () => {
    const phone = await FlowPhone.register(under, "101", loopbackAddress());
    const pbx = under.pbx.calls;
    await phone.dials("105", offer);
    pbx.answers(await pbx.expects("INVITE"), 200, withSdp([["Contact", `<${pbx.uri}>`]], reply));
    await pbx.expects("ACK");
    await phone.peer.expects(200);
    const at = await copiesAt(() => phone.peer.copies);
    assert.deepEqual(at, sentAtMs);
    for (const peer of [pbx, phone.peer]) peer.answers(await peer.expects("BYE"), 200);
    await under.leavesNothing();
    assert.equal((await under.calls()).at(-1)?.end, "notAcknowledged");
  });
});
