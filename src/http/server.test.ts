import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { text as readAll } from "node:stream/consumers";
import { test } from "node:test";
import { silentLogger } from "../base/logger.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { startHttp } from "../../test/support/http-server.ts";
import { createHttpServer } from "./server.ts";

test("every answer forbids to be framed, sniffed, cached or run", async (t) => {
  const { request } = await startHttp(t);
  for (const path of ["/api/lines", "/api/nowhere", "/healthz"]) {
    const { headers } = await request("GET", path);
    assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    assert.equal(headers.get("cache-control"), "no-store", path);
    assert.match(
      headers.get("content-security-policy") ?? "",
      /default-src 'none'; frame-ancestors 'none'/,
      path,
    );
  }
});

test("what is no HTTP, or too much of it, is answered 4xx and does no harm", async (t) => {
  const { url, request } = await startHttp(t);
  const port = Number(new URL(url).port);
  const exchange = async (bytes: string): Promise<string> => {
    const socket = connect(port, "127.0.0.1");
    socket.write(bytes);
    return readAll(socket);
  };
  assert.match(await exchange("INVITE sip:101@x SIP/2.0\r\nVia: x\r\n\r\n"), /^HTTP\/1\.1 400/);
  assert.match(
    await exchange(`GET / HTTP/1.1\r\nHost: x\r\nX: ${"a".repeat(20_000)}\r\n\r\n`),
    /^HTTP\/1\.1 431/,
  );
  assert.match(
    await exchange(
      "PUT /api/lines/101/forwardings/always/all HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\nConnection: close\r\n\r\n",
    ),
    /^HTTP\/1\.1 413/,
  );
  assert.equal((await request("GET", `/api/lines/${"9".repeat(5_000)}`)).json["code"], "unknown-line");
  assert.equal((await request("GET", "/api/lines/%zz")).json["code"], "invalid-input");
  assert.equal((await request("GET", "/api/lines/..%2f..%2fetc%2fpasswd")).status, 404);
  assert.equal((await request("GET", "/api/lines")).status, 200);
});

test("half-open connections keep nobody from being answered, nor the server from closing", async (t) => {
  const { application } = await startHttp(t);
  const clock = new FakeClock();
  const server = await createHttpServer({ application, clock, logger: silentLogger, version: "0" });
  const { port } = await server.listen({ host: "127.0.0.1", port: 0 });
  const sockets = Array.from({ length: 50 }, () => connect(port, "127.0.0.1").on("error", () => {}));
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  for (const socket of sockets) socket.write("GET /api/lines HTTP/1.1\r\nX-Slow: ");
  assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
  const allClosed = Promise.all(sockets.map((socket) => once(socket.resume(), "close")));
  const closed = server.close();
  clock.advance(2_000);
  await Promise.all([closed, allClosed]);
});

test("a port that is taken is told, with what to do", async (t) => {
  const { application, url } = await startHttp(t);
  const server = await createHttpServer({
    application,
    clock: new FakeClock(),
    logger: silentLogger,
    version: "0",
  });
  t.after(() => server.close());
  const taken = { host: "127.0.0.1", port: Number(new URL(url).port) };
  await assert.rejects(server.listen(taken), { code: "address-unavailable", message: /--http HOST:PORT/ });
});

test("figures are there for Prometheus, requests among them by route", async (t) => {
  const { request } = await startHttp(t);
  await request("GET", "/api/lines/101");
  const { text, headers } = await request("GET", "/metrics");
  assert.match(headers.get("content-type") ?? "", /^text\/plain; version=/);
  assert.match(
    text,
    /divert_http_request_seconds_count\{method="GET",route="\/api\/lines\/:line",status="200"\} 1/,
  );
});
