import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { WrongUsage } from "./command.ts";
import { readServeOptions } from "./serve-options.ts";

test("without a word it serves from ./data, the API on loopback, SIP on 5060", () => {
  const { environment, ...options } = readServeOptions({}, {});
  assert.deepEqual(environment, {});
  assert.deepEqual(options, {
    dataFolder: resolve("data"),
    http: { host: "127.0.0.1", port: 8080 },
    sip: ["udp://0.0.0.0:5060", "tcp://0.0.0.0:5060"],
  });
});

test("options win over the environment", () => {
  const environment = {
    DIVERT_DATA: "/var/lib/divert",
    DIVERT_HTTP: "[::1]:1",
    DIVERT_SIP: "udp://127.0.0.1:5070, tcp://127.0.0.1:5070",
    DIVERT_DATABASE_URL: "postgres://db/divert",
    DIVERT_DRAIN: "600",
  };
  const byEnvironment = readServeOptions({}, environment);
  assert.equal(byEnvironment.dataFolder, "/var/lib/divert");
  assert.deepEqual(byEnvironment.http, { host: "::1", port: 1 });
  assert.deepEqual(byEnvironment.sip, ["udp://127.0.0.1:5070", "tcp://127.0.0.1:5070"]);
  assert.equal(byEnvironment.drainMs, 600_000);
  assert.equal(byEnvironment.databaseUrl, "postgres://db/divert");
  const byOptions = readServeOptions(
    { data: "/d", http: "localhost:2", sip: ["udp://0.0.0.0:1"], apply: "/etc/divert.yaml", drain: "0" },
    environment,
  );
  assert.equal(byOptions.dataFolder, "/d");
  assert.deepEqual(byOptions.http, { host: "localhost", port: 2 });
  assert.deepEqual(byOptions.sip, ["udp://0.0.0.0:1"]);
  assert.equal(byOptions.drainMs, 0);
  assert.equal(byOptions.applyFile, "/etc/divert.yaml");
});

test("an address that cannot be read is wrong usage", () => {
  assert.throws(() => readServeOptions({ http: "nowhere" }, {}), WrongUsage);
});

test("a time to drain that is none is wrong usage", () => {
  for (const drain of ["soon", "-1", "1.5", "86401", "5s"]) {
    assert.throws(() => readServeOptions({ drain }, {}), WrongUsage);
  }
});
