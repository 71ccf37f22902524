import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import {
  adminSecret,
  bearer,
  localSecret,
  sampleAccounts,
  startHttp,
  userSecret,
} from "../../test/support/http-server.ts";
import { createHttpServer } from "./server.ts";
import { systemClock } from "../base/clock.ts";
import { silentLogger } from "../base/logger.ts";

const rule = "/api/lines/101/forwardings/always/all";
const body = { target: "102" };

/** Like fetch, but with the headers that a browser or a proxy would send. */
function statusFor(
  url: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  method = "GET",
): Promise<number> {
  return new Promise((resolve, reject) => {
    httpRequest(url + path, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on("error", reject)
      .end();
  });
}

test("without accounts this machine is let in, and nobody who only seems to be it", async (t) => {
  const { url, request } = await startHttp(t);
  const { port } = new URL(url);
  assert.equal((await request("PUT", rule, { body })).status, 201);
  for (const host of [
    `localhost:${port}`,
    `127.0.0.1:${port}`,
    `[::1]:${port}`,
    `divert.localhost:${port}`,
  ]) {
    assert.equal(await statusFor(url, "/api/lines", { host }), 200, host);
  }
  // A page whose name was re-bound to 127.0.0.1.
  for (const host of ["evil.example", `evil.example:${port}`, "127.0.0.1.evil.example"]) {
    assert.equal(await statusFor(url, "/api/lines", { host }), 403, host);
    assert.equal(await statusFor(url, "/metrics", { host }), 403, host);
  }
  // A reverse proxy's visitor.
  assert.equal(await statusFor(url, "/api/lines", { "x-forwarded-for": "192.0.2.1" }), 403);
  assert.equal(await statusFor(url, "/api/lines", { forwarded: "for=192.0.2.1" }), 403);
});

test("a page of another origin gets nothing done", async (t) => {
  const { url, request } = await startHttp(t);
  for (const origin of ["https://evil.example", "null", "http://127.0.0.1:1", "file://"]) {
    assert.equal(await statusFor(url, "/api/lines", { origin }), 403, origin);
    assert.equal(await statusFor(url, "/api/events", { origin }), 403, origin);
    assert.equal((await request("PUT", rule, { body, headers: { origin } })).status, 403, origin);
  }
  assert.equal(await statusFor(url, rule, { origin: "https://evil.example" }, "OPTIONS"), 403);
  const plain = await request("PUT", rule, { body, headers: { "content-type": "text/plain" } });
  assert.equal(plain.status, 415);
  assert.equal(
    (await request("PUT", rule, { body, headers: { "content-type": "application/x-www-form-urlencoded" } }))
      .status,
    415,
  );
  assert.deepEqual((await request("GET", "/api/lines/101/forwardings")).json, { forwardings: [] });
  const own = await request("GET", "/api/lines", { headers: { origin: url } });
  assert.equal(own.status, 200);
  assert.equal(own.headers.get("access-control-allow-origin"), null);
});

test("as soon as there is an account every request needs sign-in, on loopback too", async (t) => {
  const { request } = await startHttp(t, sampleAccounts);
  const stranger = await request("GET", "/api/lines");
  assert.equal(stranger.status, 401);
  assert.equal(stranger.json["code"], "unauthenticated");
  assert.match(stranger.headers.get("www-authenticate") ?? "", /^Bearer/);
  for (const path of [
    "/api/lines/999",
    "/api/nowhere",
    "/api/openapi.json",
    "/api/events",
    "/api/configuration",
  ]) {
    assert.equal((await request("GET", path)).status, 401, path);
  }
  assert.equal((await request("PUT", rule, { body: "{ no JSON" })).status, 401);
  for (const authorization of [
    "Bearer",
    "Bearer x",
    `Basic ${adminSecret}`,
    `Bearer ${adminSecret} x`,
    adminSecret,
  ]) {
    assert.equal(
      (await request("GET", "/api/lines", { headers: { authorization } })).status,
      401,
      authorization,
    );
  }
  assert.equal((await request("GET", "/api/lines", { headers: bearer(adminSecret) })).status, 200);
  assert.equal((await request("PUT", rule, { body, headers: bearer(adminSecret) })).status, 201);
  assert.equal((await request("GET", "/api/tokens", { headers: bearer(localSecret) })).status, 200);
  for (const path of ["/healthz", "/readyz", "/metrics"])
    assert.equal((await request("GET", path)).status, 200, path);
});

test("a token with the role user reads, and changes nothing", async (t) => {
  const { request } = await startHttp(t, sampleAccounts);
  const headers = bearer(userSecret);
  assert.equal((await request("GET", "/api/lines/101", { headers })).status, 200);
  assert.equal(
    (await request("POST", "/api/lines/101/explain", { body: { caller: "103" }, headers })).status,
    200,
  );
  for (const [method, path] of [
    ["PUT", rule],
    ["DELETE", rule],
    ["PUT", "/api/groups/sales/forwardings/always/all"],
    ["POST", "/api/configuration"],
    ["GET", "/api/configuration"],
    ["GET", "/api/users"],
    ["GET", "/api/tokens"],
  ] as const) {
    const answer = await request(method, path, {
      headers,
      ...(method === "GET" ? {} : { body: { target: "102", role: "admin" } }),
    });
    assert.equal(answer.status, 403, `${method} ${path}`);
    assert.equal(answer.json["code"], "forbidden");
  }
});

test("who guesses tokens is slowed down, whatever the request claims of its origin; a right one is let in still", async (t) => {
  const { request } = await startHttp(t, sampleAccounts);
  const statuses = new Map<number, number>();
  for (let guess = 0; guess < 40; guess++) {
    const headers = { ...bearer(`guess-${guess}`), "x-forwarded-for": `192.0.2.${guess}` };
    const { status } = await request("GET", "/api/lines", { headers });
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  assert.deepEqual(Object.fromEntries(statuses), { 401: 20, 429: 20 });
  assert.equal((await request("GET", "/api/lines", { headers: bearer(adminSecret) })).status, 200);
});

test("without accounts it does not listen for other machines", async (t) => {
  const open = await startHttp(t);
  const server = await createHttpServer({
    application: open.application,
    clock: systemClock,
    logger: silentLogger,
    version: "0",
  });
  t.after(() => server.close());
  await assert.rejects(server.listen({ host: "0.0.0.0", port: 0 }), { code: "forbidden" });
});

test("with accounts it listens for other machines, and its figures are not open to them", async (t) => {
  const outside = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .find(({ family, internal }) => family === "IPv4" && !internal);
  if (!outside) {
    t.skip("this machine has no address but loopback");
    return;
  }
  const { application } = await startHttp(t, sampleAccounts);
  const server = await createHttpServer({
    application,
    clock: systemClock,
    logger: silentLogger,
    version: "0",
  });
  t.after(() => server.close());
  const { port } = await server.listen({ host: "0.0.0.0", port: 0 });
  const url = `http://${outside.address}:${port}`;
  assert.equal(await statusFor(url, "/api/lines", bearer(adminSecret)), 200);
  assert.equal(await statusFor(url, "/metrics", {}), 401);
  assert.equal(await statusFor(url, "/healthz", {}), 200);
});

test("errors of ours tell nothing of the inside, but the log does", async (t) => {
  const lines: unknown[] = [];
  const logger = { ...silentLogger, error: (fields: object) => void lines.push(fields) };
  const { request, application } = await startHttp(t, {}, { logger });
  Object.assign(application.callLog, { find: () => Promise.reject(new Error("a bug in /secret/path")) });
  const answer = await request("GET", "/api/calls");
  assert.equal(answer.status, 500);
  assert.equal(answer.json["code"], "internal-error");
  assert.doesNotMatch(answer.text, /secret|stack|\.ts/);
  assert.equal(lines.length, 1);
});
