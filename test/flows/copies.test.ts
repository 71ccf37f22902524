/** CHECKS B01 and B12: one request that comes many times, or by two ways. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import type { SipRequest } from "../../src/sip/message/message.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import {
  acknowledge,
  ask,
  cancelOf,
  place,
  requestOf,
  responsesIn,
  summary,
  wireOf,
} from "../support/placed-call.ts";
import type { RawPeer } from "../support/raw-peer.ts";

const copies = 1000;
const probeEvery = 50;

async function sendCopies(peer: RawPeer, invite: SipRequest): Promise<void> {
  const wire = wireOf(invite);
  for (let sent = 1; sent <= copies; sent++) {
    await peer.send(wire);
    if (sent % probeEvery === 0) await peer.probe();
  }
}

describe("an INVITE that comes a thousand times", () => {
  let under: DivertUnderTest;
  let peer: RawPeer;
  before(async () => {
    under = await DivertUnderTest.start({ rules: { "101": { "always/all": "102" } } });
    peer = await under.raw();
  });
  after(() => under.close());

  it("before its final response is one call, which one CANCEL ends", async () => {
    const invite = requestOf(peer, { requestUri: under.contact("111") });
    await sendCopies(peer, invite);
    assert.equal(under.divert.lines.find("111")?.callsInProgress, 1);
    assert.deepEqual(summary(await ask(peer, cancelOf(invite))), ["200 CANCEL", "487 INVITE"]);
    const responses = responsesIn(peer.arrived).filter(({ callId }) => callId === invite.callId);
    assert.equal(responses.filter(({ status }) => status === 180).length, copies);
    assert.equal(new Set(responses.map(({ toTag }) => toTag)).size, 1);
    const final = responses.find(({ status }) => status === 487);
    assert.ok(final !== undefined);
    await acknowledge(peer, invite, final);
    await peer.probe();
    assert.deepEqual(
      (await under.calls()).map(({ line, end }) => [line, end]),
      [["111", "cancelled"]],
    );
  });

  it("after its final response is one call, and each copy is answered alike", async () => {
    const decided: string[] = [];
    const stop = under.divert.onCall(({ line }) => decided.push(line));
    const invite = requestOf(peer, { requestUri: under.contact("101") });
    await sendCopies(peer, invite);
    stop();
    const responses = responsesIn(peer.arrived).filter(({ callId }) => callId === invite.callId);
    assert.equal(responses.length, copies);
    assert.equal(new Set(responses.map((response) => wireOf(response).toString("latin1"))).size, 1);
    assert.equal(responses[0]?.status, 302);
    assert.deepEqual(decided, ["101"]);
    await acknowledge(peer, invite, responses[0]);
    await sendCopies(peer, invite);
    await under.pass(1000);
    const log = (await under.calls()).filter(({ line }) => line === "101");
    assert.deepEqual(
      log.map(({ end }) => end),
      ["redirected"],
    );
  });

  it("from two ports is one call, and each port is answered with the same tag", async () => {
    const other = await under.raw();
    const invite = requestOf(peer, { requestUri: under.contact("101") });
    const tags = new Set<string | undefined>();
    for (let sent = 0; sent < 100; sent++) {
      for (const from of [peer, other]) {
        const [answer] = responsesIn(await from.exchange(wireOf(invite)));
        assert.equal(answer?.status, 302);
        tags.add(answer.toTag);
      }
    }
    assert.equal(tags.size, 1);
    assert.equal(
      (await under.calls()).filter(({ line }) => line === "101").length,
      1,
      "it has not ended yet",
    );
  });

  it("leaves nothing", () => under.leavesNothing());
});

describe("a request that comes by two ways", () => {
  let under: DivertUnderTest;
  let peer: RawPeer;
  let first: SipRequest;
  before(async () => {
    under = await DivertUnderTest.start({
      rules: { "101": { "always/all": "102" }, "102": { "always/all": "+4989777888" } },
    });
    peer = await under.raw();
  });
  after(() => under.close());
  beforeEach(() => {
    first = requestOf(peer, { requestUri: under.contact("111") });
  });

  /** The same request by another way. */
  function again(request: SipRequest, changes: { requestUri?: string; cseq?: number } = {}): SipRequest {
    return requestOf(peer, {
      requestUri: request.requestUri,
      from: request.headers.get("From") ?? "",
      callId: request.callId,
      cseq: request.cseq.number,
      ...changes,
    });
  }

  async function giveUp(invite: SipRequest): Promise<void> {
    const final = (await ask(peer, cancelOf(invite))).find(({ status }) => status === 487);
    assert.ok(final !== undefined);
    await acknowledge(peer, invite, final);
  }

  it("is one call as long as it rings: the second copy is 482", async () => {
    assert.deepEqual(await peer.statusesOf(wireOf(first)), [180]);
    const second = again(first);
    assert.deepEqual(await peer.statusesOf(wireOf(second), wireOf(second)), [482, 482]);
    assert.equal(under.divert.lines.find("111")?.callsInProgress, 1);
    await giveUp(first);
    assert.equal((await under.calls()).length, 1);
  });

  it("to two Request-URIs is two calls: Kamailio follows a 302 with the same Call-ID, From tag and CSeq", async () => {
    const call = await place(peer, { requestUri: under.contact("101") });
    assert.equal(call.final?.headers.get("Contact"), "<sip:102@pbx.example>");
    const next = await ask(peer, again(call.invite, { requestUri: under.contact("102") }));
    assert.deepEqual(summary(next), ["302 INVITE"]);
    assert.equal(next[0]?.headers.get("Contact"), "<sip:+4989777888@pbx.example>");
    const before = (await under.calls()).length;
    // And while the first still rings, too.
    assert.deepEqual(await peer.statusesOf(wireOf(first)), [180]);
    assert.deepEqual(
      await peer.statusesOf(wireOf(again(first, { requestUri: under.contact("112") }))),
      [180],
    );
    assert.equal((await under.calls()).length, before);
    assert.equal(under.divert.lines.find("112")?.callsInProgress, 1);
    await giveUp(first);
  });

  it("with the same branch and another method is two requests", async () => {
    const branch = "shared";
    const invite = requestOf(peer, { requestUri: under.contact("101"), branch });
    const options = requestOf(peer, { method: "OPTIONS", requestUri: under.contact("101"), branch });
    const answers = responsesIn(await peer.exchange(wireOf(invite), wireOf(options)));
    assert.deepEqual(summary(answers), ["302 INVITE", "200 OPTIONS"]);
  });

  it("leaves nothing when all have been given up", async () => {
    await under.pass(600_000);
    await under.leavesNothing();
  });
});
