/** CHECKS A09: where a stream is cut into segments makes no difference. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import type { SipMessage } from "../../src/sip/message/message.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { acknowledge, cancelOf, requestOf, summary, responsesIn, wireOf } from "../support/placed-call.ts";
import type { RawConnection } from "../support/raw-peer.ts";

const body = Buffer.from("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n\r\n", "latin1");

describe("a message cut in two at any octet", () => {
  let under: DivertUnderTest;
  let peer: RawConnection;
  before(async () => {
    under = await DivertUnderTest.start({ rules: { "101": { "always/all": "102" } } });
    peer = await under.rawTcp();
  });
  after(() => under.close());

  const stories: Record<string, { make: () => SipMessage[]; answers: string[] }> = {
    "an INVITE that is redirected": {
      make: () => [requestOf(peer, { requestUri: under.contact("101"), body })],
      answers: ["302 INVITE"],
    },
    "an INVITE that rings and the CANCEL right behind it": {
      make: () => {
        const invite = requestOf(peer, { requestUri: under.contact("111"), body });
        return [invite, cancelOf(invite)];
      },
      answers: ["180 INVITE", "200 CANCEL", "487 INVITE"],
    },
    "OPTIONS, with line breaks before it": {
      make: () => [requestOf(peer, { method: "OPTIONS", requestUri: under.contact("101") })],
      answers: ["200 OPTIONS"],
    },
    "an INVITE to nobody": {
      make: () => [requestOf(peer, { requestUri: "sip:nobody@divert.example", body })],
      answers: ["404 INVITE"],
    },
  };

  for (const [name, { make, answers }] of Object.entries(stories)) {
    it(name, async () => {
      const length = Buffer.concat(make().map(wireOf)).length;
      for (let cut = 1; cut < length; cut++) {
        const messages = make();
        const whole = Buffer.concat([
          ...(name.includes("line breaks") ? [Buffer.from("\r\n")] : []),
          ...messages.map(wireOf),
        ]);
        const start = peer.arrived.length;
        await peer.send(whole.subarray(0, cut));
        await turn();
        await peer.exchange(whole.subarray(cut));
        const callId = messages[0]?.callId;
        const came = responsesIn(peer.arrived.slice(start)).filter((response) => response.callId === callId);
        assert.deepEqual(summary(came), answers, `cut at ${cut}`);
        const [invite] = messages;
        const final = came.find(({ status, cseq }) => status >= 300 && cseq.method === "INVITE");
        if (invite?.kind === "request" && final !== undefined) await acknowledge(peer, invite, final);
      }
    });
  }

  it("and an octet at a time", async () => {
    const whole = wireOf(requestOf(peer, { requestUri: under.contact("101"), body }));
    const start = peer.arrived.length;
    for (const octet of whole) {
      await peer.send(Buffer.of(octet));
      await turn();
    }
    await peer.probe();
    assert.equal(summary(responsesIn(peer.arrived.slice(start)))[0], "302 INVITE");
  });

  it("leaves nothing", () => under.leavesNothing());
});

describe("a hundred messages in one segment", () => {
  it("are answered, each once and in their order", async (test) => {
    const under = await DivertUnderTest.start({ rules: { "101": { "always/all": "102" } } });
    test.after(() => under.close());
    const peer = await under.rawTcp();
    const invites = Array.from({ length: 100 }, (_, index) =>
      requestOf(peer, { requestUri: under.contact("101"), callId: `${index}-${randomUUID()}`, body }),
    );
    const answers = await peer.exchange(Buffer.concat(invites.map(wireOf)));
    assert.deepEqual(
      answers.map(({ callId }) => callId),
      invites.map(({ callId }) => callId),
    );
    assert.deepEqual([...new Set(summary(responsesIn(answers)))], ["302 INVITE"]);
  });
});

/** Long enough for what was sent to be read by itself. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
