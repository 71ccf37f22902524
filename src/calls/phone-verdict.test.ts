import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { InviteFailure } from "../sip/user-agent.ts";
import { createRequest, createResponse } from "../sip/user-agent.ts";
import { bestAnswer, readPhoneAnswer } from "./phone-verdict.ts";

const invite = createRequest({
  method: "INVITE",
  requestUri: "sip:101@192.0.2.1",
  from: "<sip:105@pbx.example>;tag=a",
  to: "<sip:101@pbx.example>",
  callId: "c",
  cseq: 1,
});

function says(status: number): InviteFailure {
  return { kind: "refused", response: createResponse(invite, status, undefined, { toTag: "phone" }) };
}

function kindOf(failure: InviteFailure): string {
  return readPhoneAnswer(failure).kind;
}

describe("what the phones say together", () => {
  it("tells busy, declined, sent elsewhere, away, and the rest apart", () => {
    assert.deepEqual([486, 600].map(says).map(kindOf), ["busy", "busy"]);
    assert.equal(kindOf(says(603)), "declined");
    assert.deepEqual([301, 302, 380].map(says).map(kindOf), ["redirected", "redirected", "redirected"]);
    for (const status of [401, 404, 407, 408, 480, 481, 487, 500, 503]) {
      assert.equal(kindOf(says(status)), "unreachable", String(status));
    }
    assert.deepEqual([415, 420, 422, 488, 606].map(says).map(kindOf), Array(5).fill("refused"));
    assert.equal(kindOf({ kind: "timeout" }), "unreachable");
    assert.equal(kindOf({ kind: "unreachable", detail: "refused" }), "unreachable");
  });

  it("lets a phone that was reached speak for those that were not", () => {
    const [away, busy, codec] = [says(480), says(486), says(488)].map(readPhoneAnswer);
    assert.ok(away !== undefined && busy !== undefined && codec !== undefined);
    assert.equal(bestAnswer([away, away]).kind, "unreachable");
    assert.equal(bestAnswer([away, busy]).kind, "busy");
    assert.equal(bestAnswer([busy, codec, away]).kind, "refused");
    assert.equal(bestAnswer([]).kind, "unreachable");
  });
});
