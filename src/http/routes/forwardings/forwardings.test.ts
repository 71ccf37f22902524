import assert from "node:assert/strict";
import { test } from "node:test";
import { startHttp } from "../../../../test/support/http-server.ts";

const rule = "/api/lines/101/forwardings/busy/external";

test("a rule is set, read, replaced and removed", async (t) => {
  const { request } = await startHttp(t);
  const created = await request("PUT", rule, { body: { target: "102" } });
  assert.equal(created.status, 201);
  assert.equal(created.json["target"], "102");
  assert.equal(created.json["enabled"], true, "enabled absent is true");
  assert.deepEqual(created.json["warnings"], []);
  assert.match(created.headers.get("etag") ?? "", /^"[^"]+"$/);

  const replaced = await request("PUT", rule, { body: { target: "+4989123456", enabled: false } });
  assert.equal(replaced.status, 200);

  const read = await request("GET", rule);
  assert.equal(read.status, 200);
  assert.equal(read.headers.get("etag"), replaced.headers.get("etag"));
  assert.deepEqual(
    { ...read.json, etag: undefined },
    { when: "busy", callers: "external", target: "+4989123456", enabled: false, etag: undefined },
  );
  const { json } = await request("GET", "/api/lines/101/forwardings");
  assert.deepEqual(json, { forwardings: [read.json] });

  assert.equal((await request("DELETE", rule)).status, 204);
  const gone = await request("DELETE", rule);
  assert.equal(gone.status, 404);
  assert.equal(gone.json["code"], "no-such-forwarding");
  assert.equal((await request("GET", rule)).json["code"], "no-such-forwarding");
});

test("If-Match lets the first of two changes through and tells the second", async (t) => {
  const { request } = await startHttp(t);
  const first = await request("PUT", rule, { body: { target: "102" } });
  const ifMatch = { "if-match": first.headers.get("etag") ?? "" };
  assert.equal((await request("PUT", rule, { body: { target: "201" }, headers: ifMatch })).status, 200);
  const late = await request("PUT", rule, { body: { target: "202" }, headers: ifMatch });
  assert.equal(late.status, 412);
  assert.equal(late.json["code"], "precondition-failed");
  assert.equal((await request("DELETE", rule, { headers: ifMatch })).status, 412);
  assert.equal((await request("GET", rule)).json["target"], "201");
  const other = "/api/lines/101/forwardings/always/all";
  assert.equal(
    (await request("PUT", other, { body: { target: "102" }, headers: { "if-match": "*" } })).status,
    412,
  );
});

test("an unknown line or group is 404 before the body is looked at", async (t) => {
  const { request } = await startHttp(t);
  for (const [path, code] of [
    ["/api/lines/999/forwardings/always/all", "unknown-line"],
    ["/api/groups/nobody/forwardings/always/all", "unknown-group"],
  ] as const) {
    const answer = await request("PUT", path, { body: "{ no JSON" });
    assert.equal(answer.status, 404);
    assert.equal(answer.headers.get("content-type"), "application/problem+json");
    assert.equal(answer.json["code"], code);
  }
});

test("what is no rule is refused with its fault, and nothing changes", async (t) => {
  const { request } = await startHttp(t);
  const bodies = [
    "{ no JSON",
    "",
    "[]",
    '"102"',
    {},
    { target: 102 },
    { target: "102", enabled: "yes" },
    { target: "102", role: "admin" },
    '{"target":"102","__proto__":{"enabled":false}}',
    '{"target":"102","constructor":{"prototype":{}}}',
    { target: "102", seconds: 0 },
    { target: "102", seconds: 1e9 },
    { target: "102", from: "tomorrow" },
    { target: "102", hours: [{ days: [], from: "08:00", to: "17:00" }] },
    { target: "102", hours: [{ days: ["mon"], from: "8", to: "25:00" }] },
    `{"target":"102","hours":${"[".repeat(100_000)}`,
  ];
  for (const body of bodies) {
    const answer = await request("PUT", rule, { body, headers: { "content-type": "application/json" } });
    assert.equal(answer.status, 400, JSON.stringify(body).slice(0, 80));
    assert.equal(answer.json["code"], "invalid-input");
  }
  for (const key of ["sometimes/all", "always/everybody"]) {
    assert.equal(
      (await request("PUT", `/api/lines/101/forwardings/${key}`, { body: { target: "102" } })).status,
      400,
    );
  }
  assert.deepEqual((await request("GET", "/api/lines/101/forwardings")).json, { forwardings: [] });
});

test("nothing that could become a header, a parameter or another address gets to be a target", async (t) => {
  const { request } = await startHttp(t);
  const targets = [
    "",
    " ",
    "102\r\nContact: <sip:evil@evil.example>",
    "102%0d%0aX: y",
    "102>;x=y",
    "102?Route=%3Csip:evil.example%3E",
    "102,<sip:evil@evil.example>",
    "102\u0000",
    "1".repeat(400),
    "\uff11\uff10\uff12",
    "tel:+4989123456",
    "javascript:alert(1)",
    "sip:102@evil.example",
    "102/evil",
    "<script>alert(1)</script>",
    "102;transport=tcp",
  ];
  for (const target of targets) {
    const answer = await request("PUT", rule, { body: { target } });
    assert.ok(answer.status >= 400 && answer.status < 500, `${JSON.stringify(target)}: ${answer.status}`);
  }
  const tooLong = await request("PUT", rule, { body: { target: "1".repeat(2 * 1_048_576) } });
  assert.equal(tooLong.status, 413);
  assert.equal(tooLong.json["code"], "too-large");
  assert.deepEqual((await request("GET", "/api/lines/101/forwardings")).json, { forwardings: [] });
});

test("a line does not forward to itself", async (t) => {
  const { request } = await startHttp(t);
  for (const target of ["101", "+49815136856101"]) {
    const answer = await request("PUT", rule, { body: { target } });
    assert.equal(answer.status, 422);
    assert.equal(answer.json["code"], "target-is-self");
  }
});

test("a group's rules are set likewise, and may be mandatory", async (t) => {
  const { request } = await startHttp(t);
  const path = "/api/groups/sales/forwardings/unreachable/all";
  const created = await request("PUT", path, { body: { target: "500", mandatory: true } });
  assert.equal(created.status, 201);
  assert.equal(created.json["mandatory"], true);
  assert.equal(
    ((await request("GET", "/api/groups/sales/forwardings")).json["forwardings"] as unknown[]).length,
    1,
  );
  assert.equal((await request("DELETE", path)).status, 204);
});

test("all that a rule can say comes back as it was said", async (t) => {
  const { request } = await startHttp(t);
  const body = {
    target: "102",
    enabled: true,
    seconds: 15,
    from: "2026-12-24T18:00:00+01:00",
    until: "2027-01-06T08:00:00+01:00",
    hours: [{ days: ["mon", "fri"], from: "18:00", to: "08:00" }],
    timeZone: "Europe/Berlin",
    groupCalls: true,
  };
  const path = "/api/lines/101/forwardings/noAnswer/all";
  assert.equal((await request("PUT", path, { body })).status, 201);
  const { etag, ...told } = (await request("GET", path)).json;
  assert.equal(typeof etag, "string");
  assert.deepEqual(told, { ...body, when: "noAnswer", callers: "all" });
});
