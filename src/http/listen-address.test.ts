import assert from "node:assert/strict";
import { test } from "node:test";
import { isLoopback, localUrl, parseListenAddress, refuseOpenListening } from "./listen-address.ts";

test("HOST:PORT is read, with IPv6 in brackets, and without a host it is loopback", () => {
  const cases = {
    "127.0.0.1:8080": { host: "127.0.0.1", port: 8080 },
    "localhost:0": { host: "localhost", port: 0 },
    "[::1]:80": { host: "::1", port: 80 },
    ":8080": { host: "127.0.0.1", port: 8080 },
    "8080": { host: "127.0.0.1", port: 8080 },
  };
  for (const [text, value] of Object.entries(cases)) {
    assert.deepEqual(parseListenAddress(text), { ok: true, value }, text);
  }
  for (const text of [
    "",
    "host",
    "host:",
    "host:99999",
    "host:-1",
    "a b:1",
    "http://x:1",
    "::1:80",
    "[::1]",
  ]) {
    assert.equal(parseListenAddress(text).ok, false, text);
  }
});

test("loopback is 127/8, ::1 and localhost, however it is written", () => {
  for (const host of [
    "127.0.0.1",
    "127.9.9.9",
    "::1",
    "0:0:0:0:0:0:0:1",
    "::ffff:127.0.0.1",
    "localhost",
    "LOCALHOST",
  ]) {
    assert.equal(isLoopback(host), true, host);
  }
  for (const host of [
    "0.0.0.0",
    "::",
    "10.0.0.1",
    "::ffff:10.0.0.1",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "",
  ]) {
    assert.equal(isLoopback(host), false, host);
  }
});

test("without users and tokens Divert listens on this machine alone, and says what to do", () => {
  const everywhere = { host: "0.0.0.0", port: 8080 };
  assert.match(
    refuseOpenListening(everywhere, false)?.message ?? "",
    /--apply FILE, or listen on 127\.0\.0\.1/,
  );
  assert.equal(refuseOpenListening(everywhere, true), undefined);
  assert.equal(refuseOpenListening({ host: "localhost", port: 1 }, false), undefined);
});

test("a server that listens everywhere is reached over loopback", () => {
  assert.equal(localUrl({ host: "0.0.0.0", port: 1 }), "http://127.0.0.1:1");
  assert.equal(localUrl({ host: "::", port: 1 }), "http://[::1]:1");
  assert.equal(localUrl({ host: "pbx.example", port: 1 }), "http://pbx.example:1");
});
