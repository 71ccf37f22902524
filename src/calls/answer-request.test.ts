import assert from "node:assert/strict";
import { test } from "node:test";
import { incomingRequest } from "../../test/support/messages.ts";
import { answerOther, refusalOfInvite } from "./answer-request.ts";

test("OPTIONS is answered at once with what can be asked of us (RFC 3261 §11.2)", () => {
  const response = answerOther(incomingRequest("OPTIONS"), "ours");
  assert.equal(response.status, 200);
  assert.match(response.headers.get("Allow") ?? "", /INVITE/);
});

test("a request within a dialog that is not ours is answered 481, a known method 405, an unknown one 501", () => {
  const statuses = [
    answerOther(incomingRequest("BYE", { toTag: "b" }), "ours"),
    answerOther(incomingRequest("OPTIONS", { toTag: "b" }), "ours"),
    answerOther(incomingRequest("MESSAGE"), "ours"),
    answerOther(incomingRequest("NEWMETHOD"), "ours"),
  ].map(({ status }) => status);
  assert.deepEqual(statuses, [481, 200, 405, 501]);
  assert.equal(answerOther(incomingRequest("MESSAGE"), "ours").headers.has("Allow"), true);
});

test("a method that nobody knows is answered 501 whatever else it asks (RFC 3261 §8.2.1)", () => {
  const answer = (parts: Parameters<typeof incomingRequest>[1]) =>
    answerOther(incomingRequest("NEWMETHOD", parts), "ours").status;
  assert.equal(answer({ headers: [["Require", "magic"]] }), 501);
  assert.equal(answer({ toTag: "b" }), 501);
});

test("a Request-URI of a scheme that is not spoken is answered 416 (RFC 3261 §8.2.2.1)", () => {
  for (const requestUri of ["soap.beep://192.0.2.103:3002", "tel:+4989123"]) {
    assert.equal(answerOther(incomingRequest("OPTIONS", { requestUri }), "ours").status, 416);
  }
});

test("an extension that is required and not known is named in the 420 (RFC 3261 §8.2.2.3)", () => {
  const request = incomingRequest("INVITE", {
    headers: [
      ["Require", "timer, magic"],
      ["Require", "more"],
    ],
  });
  const refusal = refusalOfInvite(request, "ours");
  assert.equal(refusal?.status, 420);
  assert.equal(refusal.headers.get("Unsupported"), "magic, more");
});

test("an INVITE within a dialog is never looked at further, one that is fine gets no refusal", () => {
  assert.equal(refusalOfInvite(incomingRequest("INVITE", { toTag: "b" }), "ours")?.status, 481);
  assert.equal(
    refusalOfInvite(incomingRequest("INVITE", { requestUri: "tel:+4989123" }), "ours")?.status,
    416,
  );
  assert.equal(refusalOfInvite(incomingRequest("INVITE"), "ours"), undefined);
});

test("what is no call and would take the place of one is bad (RFC 3891 §3)", () => {
  const headers = [["Replaces", "a;to-tag=b;from-tag=c"]] as const;
  assert.equal(answerOther(incomingRequest("OPTIONS", { headers }), "ours").status, 400);
});

test("who insists on reliable ringing is not refused: it is the one thing that is asked of us then (RFC 3262 §3)", () => {
  const insistent = incomingRequest("INVITE", { headers: [["Require", "timer, 100Rel"]] });
  assert.equal(refusalOfInvite(insistent, "ours"), undefined);
});
