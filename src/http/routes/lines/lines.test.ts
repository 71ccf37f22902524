import assert from "node:assert/strict";
import { test } from "node:test";
import {
  canary,
  sampleAccounts,
  startHttp,
  bearer,
  adminSecret,
} from "../../../../test/support/http-server.ts";

const registered = { state: "registered", since: "2026-11-22T20:00:00.000Z" };

interface Lines {
  readonly lines: readonly { readonly id: string }[];
  readonly total: number;
  readonly next?: string;
}

test("a line is told with its configuration and its live state", async (t) => {
  const { request, states } = await startHttp(t);
  states.set("101", { registration: registered, calls: 1, phones: 2 });
  const { status, json } = await request("GET", "/api/lines/101");
  assert.equal(status, 200);
  assert.deepEqual(json, {
    id: "101",
    extension: "101",
    group: "sales",
    pbx: "hq",
    username: "101",
    secondCall: "yes",
    callWaiting: true,
    dnd: { enabled: false },
    phone: { username: "phone-101" },
    registration: registered,
    calls: 1,
    phones: 2,
    registeredPhones: [],
  });
  assert.equal((await request("GET", "/api/lines/102")).json["calls"], 0);
  assert.equal((await request("GET", "/api/lines/999")).json["code"], "unknown-line");
});

test("lines are listed in the order of their ids, filtered, and page by page", async (t) => {
  const { request } = await startHttp(t);
  const list = async (query: string): Promise<Lines> =>
    (await request("GET", `/api/lines${query}`)).json as unknown as Lines;
  const ids = async (query: string): Promise<string[]> => (await list(query)).lines.map(({ id }) => id);
  assert.deepEqual(await ids(""), ["101", "102", "201", "202"]);
  assert.deepEqual(await ids("?group=support"), ["201", "202"]);
  assert.deepEqual(await ids("?q=02"), ["102", "202"]);
  assert.deepEqual(await ids("?pbx=nowhere"), []);
  const first = await list("?limit=3");
  assert.deepEqual([first.lines.length, first.total, first.next], [3, 4, "201"]);
  assert.deepEqual(await ids("?limit=3&cursor=201"), ["202"]);
  for (const query of ["?limit=0", "?limit=all", "?limit=100000", "?colour=red"]) {
    assert.equal((await request("GET", `/api/lines${query}`)).status, 400, query);
  }
});

test("explain tells what would become of a call, and why", async (t) => {
  const { request } = await startHttp(t);
  await request("PUT", "/api/lines/101/forwardings/always/internal", { body: { target: "102" } });
  await request("PUT", "/api/lines/101/forwardings/busy/external", { body: { target: "+4989123456" } });
  const explain = async (body: object): Promise<Readonly<Record<string, unknown>>> => {
    const answer = await request("POST", "/api/lines/101/explain", { body });
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
  };

  const internal = await explain({ caller: "103", calls: 0, phones: 1 });
  assert.equal(internal["action"], "redirect");
  assert.equal(internal["target"], "102");
  assert.equal(internal["caller"], "internal");
  assert.deepEqual(internal["rule"], { when: "always", callers: "internal", owner: "user" });
  assert.ok((internal["because"] as string[]).length > 0);

  const external = await explain({ caller: "+49891234", calls: 1, phones: 1 });
  assert.equal(external["target"], "+4989123456");
  assert.equal(external["caller"], "external");
  assert.equal((await explain({ caller: "+49891234", calls: 0, phones: 1 }))["action"], "ring");
  assert.equal((await explain({ caller: "+49891234", calls: 0, phones: 0 }))["action"], "reject");
  assert.equal((await explain({ caller: "103", diversions: 9, phones: 1 }))["action"], "ring");
  assert.equal((await explain({ caller: "+49891234", phones: 1, stage: "busy" }))["target"], "+4989123456");
  assert.equal((await explain({ caller: "+49891234", phones: 1, dnd: true }))["status"], 486);
  assert.equal((await explain({ caller: "102", at: "2026-11-22T12:00:00+01:00" }))["caller"], "internal");
});

test("any text can call", async (t) => {
  const { request } = await startHttp(t);
  const callers = [
    "",
    "anonymous",
    "110",
    110,
    "sip:101@pbx.example",
    "sips:anna@elsewhere.example:5061;user=phone",
    '"Anna <b>" <sip:+4989@x>',
    "tel:+4989123",
    "sip:",
    "%",
    "<<<<>",
    "\r\n\u0000\u202e",
    "a".repeat(500_000),
    "@".repeat(100_000),
    "\u{1f600}",
  ];
  for (const caller of callers) {
    const answer = await request("POST", "/api/lines/101/explain", { body: { caller } });
    assert.equal(answer.status, 200, `${String(caller).slice(0, 40)}: ${answer.text}`);
  }
});

test("explain refuses what it does not know", async (t) => {
  const { request } = await startHttp(t);
  for (const body of [
    {},
    { caller: "1", phone: 1 },
    { caller: "1", calls: -1 },
    { caller: "1", stage: "later" },
    { caller: "1", at: "now" },
  ]) {
    assert.equal(
      (await request("POST", "/api/lines/101/explain", { body })).status,
      400,
      JSON.stringify(body),
    );
  }
  assert.equal(
    (await request("POST", "/api/lines/999/explain", { body: "{ no JSON" })).json["code"],
    "unknown-line",
  );
});

test("no answer holds a secret", async (t) => {
  const { request } = await startHttp(t, sampleAccounts);
  const headers = bearer(adminSecret);
  const paths = [
    "lines",
    "lines/101",
    "lines/101/forwardings",
    "sites",
    "pbxs",
    "groups",
    "users",
    "tokens",
    "configuration",
    "calls",
    "openapi.json",
  ];
  for (const path of paths) {
    const answer = await request("GET", `/api/${path}`, { headers });
    assert.equal(answer.status, 200, path);
    assert.doesNotMatch(answer.text, new RegExp(canary), path);
    assert.doesNotMatch(answer.text, /contactToken|passwordHash|secretHash/, path);
  }
});
