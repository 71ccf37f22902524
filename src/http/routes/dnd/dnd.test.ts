import assert from "node:assert/strict";
import { test } from "node:test";
import { bearer, sampleAccounts, startHttp, userSecret } from "../../../../test/support/http-server.ts";

const path = "/api/lines/101/dnd";

test("do not disturb is off, is switched on with and without a target, and off again", async (t) => {
  const { request } = await startHttp(t);
  const first = await request("GET", path);
  assert.deepEqual({ ...first.json, etag: undefined }, { enabled: false, etag: undefined });
  assert.match(first.headers.get("etag") ?? "", /^"[^"]+"$/);

  const on = await request("PUT", path, { body: {} });
  assert.equal(on.status, 200);
  assert.deepEqual({ ...on.json, etag: undefined }, { enabled: true, etag: undefined });
  const led = await request("PUT", path, { body: { target: "102" } });
  assert.equal(led.json["target"], "102");
  assert.equal((await request("GET", path)).headers.get("etag"), led.headers.get("etag"));
  const line = await request("GET", "/api/lines/101");
  assert.deepEqual(line.json["dnd"], { enabled: true, target: "102" });

  for (let time = 0; time < 2; time++) assert.equal((await request("DELETE", path)).status, 204);
  assert.deepEqual((await request("GET", path)).json, first.json);
});

test("explain knows of it, and can imagine it otherwise", async (t) => {
  const { request } = await startHttp(t);
  const explain = async (more: object = {}) => {
    const body = { caller: "103", phones: 1, ...more };
    return (await request("POST", "/api/lines/101/explain", { body })).json;
  };
  await request("PUT", path, { body: { target: "102" } });
  const { action, target, rule } = await explain();
  assert.deepEqual(
    [action, target, rule],
    ["redirect", "102", { when: "doNotDisturb", callers: "all", owner: "user" }],
  );
  assert.equal((await explain({ dnd: false }))["action"], "ring");
  await request("PUT", path, { body: {} });
  assert.equal((await explain())["status"], 486);
  await request("DELETE", path);
  assert.equal((await explain())["action"], "ring");
});

test("its target is judged by policy, and its user's line is his own to set", async (t) => {
  const { request } = await startHttp(t);
  assert.equal((await request("PUT", path, { body: { target: "112" } })).json["code"], "target-barred");
  assert.equal((await request("PUT", path, { body: { target: "101" } })).json["code"], "target-is-self");
  const { etag } = (await request("GET", path)).json;
  await request("PUT", path, { body: {} });
  const late = { headers: { "if-match": `"${String(etag)}"` } };
  assert.equal((await request("DELETE", path, late)).status, 412);

  const closed = await startHttp(t, sampleAccounts);
  assert.equal((await closed.request("PUT", path, { body: {} })).status, 401);
  const byUser = await closed.request("PUT", path, { body: {}, headers: bearer(userSecret) });
  assert.equal(byUser.status, 403);
});
