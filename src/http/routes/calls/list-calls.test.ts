import assert from "node:assert/strict";
import { test } from "node:test";
import { startHttp } from "../../../../test/support/http-server.ts";
import type { CallRecord } from "../../../calls/call-log.ts";

const day = Date.UTC(2026, 10, 22);

function callAt(hour: number, line: string): CallRecord {
  return {
    id: `call-${hour}`,
    startedAt: day + hour * 3_600_000,
    line,
    caller: "<script>alert(1)</script>\r\n\u202e",
    callerClass: hour % 2 === 0 ? "internal" : "external",
    lineState: "busy",
    action: "redirect",
    target: "102",
    rule: { owner: "user", when: "busy", callers: "external" },
    status: 302,
    reasons: ["The line is in a call."],
    endedAs: "redirected",
  };
}

test("calls are listed latest first, filtered, and page by page", async (t) => {
  const { request, store } = await startHttp(t);
  for (const hour of [1, 2, 3, 4, 5]) store.calls.record(callAt(hour, hour < 4 ? "101" : "102"));
  const list = async (query: string): Promise<string[]> =>
    ((await request("GET", `/api/calls${query}`)).json["calls"] as { id: string }[]).map(({ id }) => id);
  assert.deepEqual(await list(""), ["call-5", "call-4", "call-3", "call-2", "call-1"]);
  assert.deepEqual(await list("?line=101"), ["call-3", "call-2", "call-1"]);
  assert.deepEqual(await list("?from=2026-11-22T02:00:00Z&to=2026-11-22T05:00:00%2B01:00"), [
    "call-3",
    "call-2",
  ]);
  assert.deepEqual(await list("?caller=internal&action=redirect"), ["call-4", "call-2"]);
  const first = await request("GET", "/api/calls?limit=2");
  assert.deepEqual(await list(`?limit=2&cursor=${encodeURIComponent(String(first.json["next"]))}`), [
    "call-3",
    "call-2",
  ]);
  assert.equal((await request("GET", "/api/calls?cursor=nonsense")).status, 400);
});

test("what a caller calls himself comes back as it was, in valid JSON", async (t) => {
  const { request, store } = await startHttp(t);
  const call = callAt(1, "101");
  store.calls.record(call);
  const [told] = (await request("GET", "/api/calls")).json["calls"] as Record<string, unknown>[];
  assert.deepEqual(told, {
    id: "call-1",
    at: "2026-11-22T01:00:00.000Z",
    line: "101",
    from: call.caller,
    caller: "external",
    lineState: "busy",
    action: "redirect",
    target: "102",
    rule: { owner: "user", when: "busy", callers: "external" },
    status: 302,
    because: ["The line is in a call."],
    end: "redirected",
  });
});
