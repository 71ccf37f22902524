import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { SeededRandom } from "../../../test/support/seeded-random.ts";
import { createRequest, createResponse } from "../message/build.ts";
import type { SipRequest } from "../message/message.ts";
import { DigestClient } from "./digest-client.ts";
import { DigestServer } from "./digest-server.ts";
import type { DigestServerOptions } from "./digest-server.ts";

const passwords = new Map([
  ["101", "secret"],
  ["jörg", "geheim€"],
]);

function setUp(options: Partial<DigestServerOptions> = {}) {
  const clock = new FakeClock();
  const server = new DigestServer({
    clock,
    random: new SeededRandom(1),
    realm: "pbx",
    findPassword: (username) => passwords.get(username),
    ...options,
  });
  return { clock, server };
}

function register(authorization?: string): SipRequest {
  return createRequest({
    method: "REGISTER",
    requestUri: "sip:pbx.example",
    from: "<sip:101@pbx.example>;tag=a",
    to: "<sip:101@pbx.example>",
    callId: "c",
    cseq: 1,
    headers: authorization === undefined ? [] : [["Authorization", authorization]],
  });
}

/** What a client of ours sends after the server's challenge. */
function answer(server: DigestServer, username: string, password: string): SipRequest {
  const request = register();
  const challenge = createResponse(request, 401, undefined, {
    headers: server.challenges(false).map((value) => ["WWW-Authenticate", value] as const),
  });
  const client = new DigestClient({ username, password }, new SeededRandom(2));
  const result = client.answer(challenge, request, true);
  assert.ok(result.ok);
  return result.value;
}

const challenged = { kind: "challenge", isStale: false };

test("right credentials are accepted with each algorithm, with and without qop", () => {
  for (const algorithm of ["MD5", "SHA-256", "SHA-512-256"] as const) {
    for (const qop of ["auth", "none"] as const) {
      const { server } = setUp({ algorithms: [algorithm], qop });
      const verdict = server.check(answer(server, "101", "secret"), "Authorization");
      assert.deepEqual(verdict, { kind: "accepted", username: "101" });
    }
  }
});

test("a name outside ASCII is accepted and told in plain text", () => {
  const { server } = setUp();
  const verdict = server.check(answer(server, "jörg", "geheim€"), "Authorization");
  assert.deepEqual(verdict, { kind: "accepted", username: "jörg" });
});

test("no credentials, a wrong password and a user that does not exist get the same answer", () => {
  const { server } = setUp();
  assert.deepEqual(server.check(register(), "Authorization"), challenged);
  assert.deepEqual(server.check(answer(server, "101", "wrong"), "Authorization"), challenged);
  assert.deepEqual(server.check(answer(server, "999", "secret"), "Authorization"), challenged);
});

test("a replay is refused, an old nonce is called stale", () => {
  const { clock, server } = setUp();
  const request = answer(server, "101", "secret");
  assert.equal(server.check(request, "Authorization").kind, "accepted");
  assert.deepEqual(server.check(request, "Authorization"), { kind: "challenge", isStale: true });
  const late = answer(server, "101", "secret");
  clock.advance(300_001);
  assert.deepEqual(server.check(late, "Authorization"), { kind: "challenge", isStale: true });
});

test("a wrong password with an old nonce is not called stale", () => {
  const { clock, server } = setUp();
  const late = answer(server, "101", "wrong");
  clock.advance(300_001);
  assert.deepEqual(server.check(late, "Authorization"), challenged);
});

test("a nonce of another server and an algorithm that was not offered are challenged anew", () => {
  const { server } = setUp({ algorithms: ["SHA-256"] });
  const other = setUp({ algorithms: ["MD5"], random: new SeededRandom(9) }).server;
  assert.deepEqual(server.check(answer(other, "101", "secret"), "Authorization"), challenged);
});

test("of several credentials the ones for our realm count", () => {
  const { server } = setUp();
  const request = answer(server, "101", "secret");
  request.headers.prepend(
    "Authorization",
    'Digest realm="other", username="x", nonce="y", uri="sip:z", response="0"',
  );
  request.headers.prepend("Authorization", "Basic Zm9v");
  assert.equal(server.check(request, "Authorization").kind, "accepted");
});

test("no credentials whatever make it throw or accept", () => {
  const { server } = setUp();
  const names = ["username", "realm", "nonce", "uri", "response", "algorithm", "qop", "nc", "cnonce"];
  const parameter = fc.tuple(fc.constantFrom(...names), fc.oneof(fc.constant('"pbx"'), fc.string()));
  fc.assert(
    fc.property(fc.array(parameter), (parameters) => {
      const text = parameters.map(([name, value]) => `${name}=${value}`).join(", ");
      assert.deepEqual(server.check(register(`Digest realm="pbx", ${text}`), "Authorization"), challenged);
    }),
  );
});

test("credentials can be judged first and used up later, once", () => {
  const { server } = setUp();
  const request = answer(server, "101", "secret");
  const judgements = [1, 2].map(() => server.judge(request, "Authorization"));
  assert.deepEqual(
    judgements.map((judgement) => judgement.kind === "right" && judgement.use()),
    [true, false],
  );
});

test("a wrong guess is told with the name that it was for, and no credentials are no guess", () => {
  const { server } = setUp();
  assert.deepEqual(server.judge(answer(server, "999", "x"), "Authorization"), {
    kind: "wrong",
    username: "999",
  });
  assert.deepEqual(server.judge(register(), "Authorization"), { kind: "none" });
  assert.deepEqual(server.judge(answer(server, "101", "secret"), "Authorization", "192.0.2.1"), {
    kind: "none",
  });
});

test("who answers a fresh challenge has heard it at its own address, whatever the password", () => {
  const { server, clock } = setUp();
  const [challenge = ""] = server.challenges(false, "192.0.2.1");
  const nonce = /nonce="([0-9a-f]+)"/.exec(challenge)?.[1] ?? "";
  const claimed = (made: string, realm = "pbx") =>
    register(`Digest username="101", realm="${realm}", nonce="${made}", uri="sip:x", response="0"`);
  const isAnswer = (request: SipRequest, place = "192.0.2.1") =>
    server.answersChallenge(request, "Authorization", place);
  assert.equal(isAnswer(claimed(nonce)), true);
  assert.equal(isAnswer(claimed(nonce), "192.0.2.2"), false);
  assert.equal(isAnswer(claimed(nonce, "elsewhere")), false);
  assert.equal(isAnswer(claimed("0".repeat(nonce.length))), false);
  assert.equal(isAnswer(register()), false);
  clock.advance(300_001);
  assert.equal(isAnswer(claimed(nonce)), false);
});
