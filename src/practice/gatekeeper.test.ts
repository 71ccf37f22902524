import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { SeededRandom } from "../../test/support/seeded-random.ts";
import type { SipRequest } from "../sip/user-agent.ts";
import { DigestClient, createRequest, createResponse } from "../sip/user-agent.ts";
import { Gatekeeper } from "./gatekeeper.ts";

const random = new SeededRandom();

function createGatekeeper(): Gatekeeper {
  const findPassword = (username: string) => (username === "101" ? "secret" : undefined);
  return new Gatekeeper({ clock: new FakeClock(), random, realm: "pbx.example", findPassword });
}

function register(callId = "one"): SipRequest {
  return createRequest({
    method: "REGISTER",
    requestUri: "sip:pbx.example",
    from: "<sip:101@pbx.example>;tag=a",
    to: "<sip:101@pbx.example>",
    callId,
    cseq: 1,
  });
}

/** Asks, and asks again with an answer to the challenge. */
function askTwice(gatekeeper: Gatekeeper, password: string, request = register()) {
  const first = gatekeeper.check(request, "REGISTER");
  assert.equal(first.kind, "challenged");
  const response = createResponse(request, first.status, undefined, { headers: first.headers });
  const next = new DigestClient({ username: "101", password }, random).answer(response, request, true);
  assert.ok(next.ok);
  return gatekeeper.check(next.value, "REGISTER");
}

describe("the gatekeeper", () => {
  it("admits who knows the password", () => {
    assert.deepEqual(askTwice(createGatekeeper(), "secret"), { kind: "admitted", username: "101" });
  });

  it("refuses who answers the challenge wrongly, and asks anew after that", () => {
    const gatekeeper = createGatekeeper();
    assert.deepEqual(askTwice(gatekeeper, "wrong"), { kind: "refused" });
    assert.deepEqual(askTwice(gatekeeper, "secret"), { kind: "admitted", username: "101" });
  });

  it("asks who brings credentials from before its own start: they are old, not wrong", () => {
    const before = createGatekeeper();
    const request = register();
    const client = new DigestClient({ username: "101", password: "secret" }, random);
    const first = before.check(request, "REGISTER");
    assert.equal(first.kind, "challenged");
    client.answer(createResponse(request, 401, undefined, { headers: first.headers }), request, true);
    const refresh = register("two");
    client.authorize(refresh);
    assert.equal(createGatekeeper().check(refresh, "REGISTER").kind, "challenged");
  });
});
