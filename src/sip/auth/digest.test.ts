import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeText } from "../message/text.ts";
import {
  credentialsHash,
  digestResponse,
  parseAlgorithm,
  parseNonceCount,
  serializeAlgorithm,
  serializeNonceCount,
} from "./digest.ts";
import type { DigestAlgorithm } from "./digest.ts";

const noBody = Buffer.alloc(0);

function mufasa(algorithm: DigestAlgorithm): string {
  return digestResponse({
    algorithm,
    isSession: false,
    credentials: credentialsHash(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life"),
    nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
    method: "GET",
    uri: "/dir/index.html",
    protection: {
      qop: "auth",
      nonceCount: "00000001",
      cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    },
    body: noBody,
  });
}

test("RFC 7616 §3.9.1: the example with MD5", () => {
  assert.equal(mufasa("MD5"), "8ca523f5e9506fed4657c9700eebdbec");
});

test("RFC 7616 §3.9.1: the example with SHA-256", () => {
  assert.equal(mufasa("SHA-256"), "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
});

test("RFC 7616 §3.9.2 as erratum 4897 has it: SHA-512-256 and a name outside ASCII", () => {
  const response = digestResponse({
    algorithm: "SHA-512-256",
    isSession: false,
    credentials: credentialsHash(
      "SHA-512-256",
      encodeText("Jäsøn Doe"),
      "api@example.org",
      "Secret, or not?",
    ),
    nonce: "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
    method: "GET",
    uri: "/doe.json",
    protection: {
      qop: "auth",
      nonceCount: "00000001",
      cnonce: "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
    },
    body: noBody,
  });
  assert.equal(response, "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5");
});

test("RFC 2617 §3.5: the example with qop auth", () => {
  const response = digestResponse({
    algorithm: "MD5",
    isSession: false,
    credentials: credentialsHash("MD5", "Mufasa", "testrealm@host.com", "Circle Of Life"),
    nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
    method: "GET",
    uri: "/dir/index.html",
    protection: { qop: "auth", nonceCount: "00000001", cnonce: "0a4f113b" },
    body: noBody,
  });
  assert.equal(response, "6629fae49393a05397450978507c4ef1");
});

test("RFC 2069 as erratum 749 has it: without qop", () => {
  const response = digestResponse({
    algorithm: "MD5",
    isSession: false,
    credentials: credentialsHash("MD5", "Mufasa", "testrealm@host.com", "CircleOfLife"),
    nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
    method: "GET",
    uri: "/dir/index.html",
    body: noBody,
  });
  assert.equal(response, "1949323746fe6a43ef61f9606e7febea");
});

test("a session key depends on the cnonce, auth-int on the body", () => {
  const input = {
    algorithm: "SHA-256",
    isSession: false,
    credentials: credentialsHash("SHA-256", "101", "pbx", "secret"),
    nonce: "n",
    method: "REGISTER",
    uri: "sip:pbx",
    protection: { qop: "auth-int", nonceCount: "00000001", cnonce: "c" },
    body: noBody,
  } as const;
  const response = digestResponse(input);
  assert.notEqual(digestResponse({ ...input, isSession: true }), response);
  assert.notEqual(digestResponse({ ...input, body: Buffer.from("x") }), response);
  assert.notEqual(digestResponse({ ...input, protection: { ...input.protection, qop: "auth" } }), response);
});

test("an algorithm is read in any case, absent is MD5, an unknown one is told", () => {
  assert.deepEqual(parseAlgorithm(undefined), { algorithm: "MD5", isSession: false });
  assert.deepEqual(parseAlgorithm("sha-256-SESS"), { algorithm: "SHA-256", isSession: true });
  assert.equal(parseAlgorithm("SHA-3"), undefined);
  assert.equal(parseAlgorithm(""), undefined);
  assert.equal(serializeAlgorithm({ algorithm: "SHA-512-256", isSession: true }), "SHA-512-256-sess");
});

test("a nonce count is eight hexadecimal digits, there and back", () => {
  assert.equal(serializeNonceCount(1), "00000001");
  assert.equal(parseNonceCount("1"), undefined);
  assert.equal(parseNonceCount("0000000g"), undefined);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), (count) => {
      assert.equal(parseNonceCount(serializeNonceCount(count)), count);
    }),
  );
});
