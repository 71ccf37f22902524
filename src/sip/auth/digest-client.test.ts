import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../../test/support/seeded-random.ts";
import { createRequest, createResponse } from "../message/build.ts";
import { readAuthorization } from "../message/challenge.ts";
import type { CredentialsHeader } from "../message/challenge.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { credentialsHash, digestResponse } from "./digest.ts";
import { DigestClient } from "./digest-client.ts";
import type { Credentials } from "./digest-client.ts";

function client(credentials: Partial<Credentials> = {}): DigestClient {
  return new DigestClient({ username: "101", password: "secret", ...credentials }, new SeededRandom(7));
}

function register(): SipRequest {
  return createRequest({
    method: "REGISTER",
    requestUri: "sip:pbx.example",
    from: "<sip:101@pbx.example>;tag=a",
    to: "<sip:101@pbx.example>",
    callId: "c",
    cseq: 5,
  });
}

function challenge(request: SipRequest, ...values: string[]): SipResponse {
  return createResponse(request, 401, undefined, {
    headers: values.map((value) => ["WWW-Authenticate", value] as const),
  });
}

function proxyChallenge(request: SipRequest, realm: string): SipResponse {
  return createResponse(request, 407, undefined, {
    headers: [["Proxy-Authenticate", `Digest realm="${realm}", nonce="p", qop="auth"`]],
  });
}

function credentials(request: SipRequest, header: CredentialsHeader = "Authorization") {
  const [found] = readAuthorization(request, header);
  assert.ok(found !== undefined, `${header} is missing`);
  return Object.fromEntries(found.parameters);
}

function answered(result: ReturnType<DigestClient["answer"]>): SipRequest {
  assert.ok(result.ok, result.ok ? "" : result.failure);
  return result.value;
}

const md5 = 'Digest realm="pbx", nonce="n1", algorithm=MD5, qop="auth,auth-int"';
const sha256 = 'Digest realm="pbx", nonce="n1", algorithm=SHA-256, qop="auth"';

test("a challenge is answered with the next CSeq, without the Via of the first try", () => {
  const request = register();
  request.headers.prepend("Via", "SIP/2.0/UDP h;branch=z9hG4bK1");
  const next = answered(client().answer(challenge(request, md5), request, true));
  assert.deepEqual(next.cseq, { number: 6, method: "REGISTER" });
  assert.equal(next.headers.has("Via"), false);
  assert.equal(next.callId, "c");
  const { qop, nc, uri, username, realm, response, cnonce = "", nonce = "" } = credentials(next);
  assert.deepEqual(
    { qop, nc, uri, username, realm },
    {
      qop: "auth",
      nc: "00000001",
      uri: "sip:pbx.example",
      username: "101",
      realm: "pbx",
    },
  );
  assert.equal(
    response,
    digestResponse({
      algorithm: "MD5",
      isSession: false,
      credentials: credentialsHash("MD5", "101", "pbx", "secret"),
      nonce,
      method: "REGISTER",
      uri: "sip:pbx.example",
      protection: { qop: "auth", nonceCount: "00000001", cnonce },
      body: Buffer.alloc(0),
    }),
  );
});

test("of several challenges the strongest known is answered, wherever it stands", () => {
  const unknown = 'Digest realm="pbx", nonce="n1", algorithm=SHA-3, qop="auth"';
  const request = register();
  const next = answered(client().answer(challenge(request, unknown, md5, sha256), request, true));
  assert.equal(credentials(next)["algorithm"], "SHA-256");
});

test("an unknown algorithm, an unknown qop and another scheme are told apart", () => {
  const request = register();
  const failureOf = (...values: string[]) => {
    const result = client().answer(challenge(request, ...values), request, true);
    return result.ok ? "answered" : result.failure;
  };
  assert.equal(failureOf('Digest realm="pbx", nonce="n", algorithm=SHA-3'), "no-known-algorithm");
  assert.equal(failureOf('Digest realm="pbx", nonce="n", qop="auth-conf"'), "no-known-algorithm");
  assert.equal(failureOf('Digest realm="pbx"'), "no-known-algorithm");
  assert.equal(failureOf('Basic realm="pbx"'), "no-challenge");
  assert.equal(failureOf(), "no-challenge");
});

test("without qop there is neither nonce count nor cnonce, and opaque goes back", () => {
  const request = register();
  const plain = 'Digest realm="a \\"quoted\\" realm", nonce="n", opaque="o p"';
  const given = credentials(answered(client().answer(challenge(request, plain), request, true)));
  assert.equal(given["realm"], 'a "quoted" realm');
  assert.equal(given["opaque"], "o p");
  assert.equal(given["nc"], undefined);
  assert.equal(given["cnonce"], undefined);
});

test("a second challenge to the same chain is a rejection, however new its nonce", () => {
  const digest = client();
  const request = register();
  const next = answered(digest.answer(challenge(request, md5), request, true));
  const again = digest.answer(challenge(next, md5.replace("n1", "n2")), next, true);
  assert.deepEqual(again, { ok: false, failure: "rejected" });
});

test("a stale nonce is replaced once: two answers at the most", () => {
  const digest = client();
  const request = register();
  const stale = `${md5.replace("n1", "n2")}, stale=TRUE`;
  const second = answered(digest.answer(challenge(request, md5), request, true));
  const third = answered(digest.answer(challenge(second, stale), second, true));
  assert.equal(credentials(third)["nonce"], "n2");
  assert.equal(third.cseq.number, 7);
  assert.deepEqual(digest.answer(challenge(third, stale), third, true), { ok: false, failure: "rejected" });
});

test("a proxy and the registrar may both challenge; the first answer stays, with a new count", () => {
  const digest = client();
  const request = register();
  const second = answered(digest.answer(proxyChallenge(request, "pbx"), request, true));
  const third = answered(digest.answer(challenge(second, md5), second, true));
  assert.equal(credentials(third, "Proxy-Authorization")["realm"], "pbx");
  assert.equal(credentials(third, "Proxy-Authorization")["nc"], "00000002");
  assert.equal(credentials(third)["realm"], "pbx");
});

test("what was challenged once is authorized at once from then on, with a rising count", () => {
  const digest = client();
  const request = register();
  digest.authorize(request);
  assert.equal(request.headers.has("Authorization"), false);
  answered(digest.answer(challenge(request, md5), request, true));
  const later = register();
  digest.authorize(later);
  assert.equal(credentials(later)["nc"], "00000002");
  const next = answered(digest.answer(challenge(later, md5.replace("n1", "n2")), later, true));
  assert.equal(credentials(next)["nonce"], "n2");
  assert.equal(credentials(next)["nc"], "00000001");
});

test("the realm is learned from the first challenge; no other one is ever answered", () => {
  const digest = client();
  const request = register();
  assert.deepEqual(digest.answer(challenge(request, md5), request, false), {
    ok: false,
    failure: "unknown-realm",
  });
  answered(digest.answer(challenge(request, md5), request, true));
  const bye = register();
  answered(digest.answer(challenge(bye, md5), bye, false));
  const foreign = md5.replace('realm="pbx"', 'realm="other"');
  for (const mayLearn of [true, false]) {
    const other = register();
    const result = digest.answer(challenge(other, foreign), other, mayLearn);
    assert.deepEqual(result, { ok: false, failure: "unknown-realm" });
  }
});

test("what REGISTER taught holds for proxies too: a 407 of another realm is not answered (CVE-2021-41158)", () => {
  const digest = client();
  const request = register();
  answered(digest.answer(challenge(request, md5), request, true));
  const call = register();
  const refused = digest.answer(proxyChallenge(call, "evil"), call, true);
  assert.deepEqual(refused, { ok: false, failure: "unknown-realm" });
  answered(digest.answer(proxyChallenge(call, "pbx"), call, true));
  digest.forget();
  const later = register();
  answered(digest.answer(proxyChallenge(later, "other"), later, true));
});

test("a response that challenges for two realms at once is not answered", () => {
  const request = register();
  const both = challenge(request, md5);
  both.headers.append("Proxy-Authenticate", 'Digest realm="evil", nonce="p", qop="auth"');
  assert.deepEqual(client().answer(both, request, true), { ok: false, failure: "unknown-realm" });
});

test("a configured realm is the only one, and is known within a dialog from the start", () => {
  const digest = client({ realm: "pbx" });
  const request = register();
  answered(digest.answer(challenge(request, md5), request, false));
  const foreign = md5.replace('realm="pbx"', 'realm="other"');
  const result = digest.answer(challenge(request, foreign), request, true);
  assert.deepEqual(result, { ok: false, failure: "unknown-realm" });
});

test("names and passwords outside ASCII are taken as UTF-8", () => {
  const request = register();
  const digest = client({ username: "jörg", password: "geheim€" });
  const given = credentials(answered(digest.answer(challenge(request, sha256), request, true)));
  assert.equal(given["username"], Buffer.from("jörg").toString("latin1"));
});
