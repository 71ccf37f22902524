import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { startHttp } from "../../test/support/http-server.ts";
import type { Fault } from "../base/refusal.ts";
import { compileInputCheck } from "./input-check.ts";

const rulePath = "/api/lines/101/forwardings/noAnswer/all";

/** zod's own words are English for programmers. */
const zodsWords = /Invalid|Too (small|big)|expected|received|Unrecognized|NaN/;

test("what is wrong with a request is told in plain sentences", async (t) => {
  const { request } = await startHttp(t);
  for (const [method, path, body, told] of [
    ["PUT", rulePath, { target: "102", seconds: 0 }, "“seconds” must be 1 or more."],
    ["PUT", rulePath, { target: "102", seconds: 601 }, "“seconds” must be 600 at the most."],
    ["PUT", rulePath, { target: "102", seconds: 1.5 }, "“seconds” must be a whole number."],
    ["PUT", rulePath, { target: "102", seconds: "soon" }, "“seconds” must be a number."],
    ["PUT", rulePath, {}, "“target” is missing."],
    ["PUT", rulePath, undefined, "The body is missing."],
    ["PUT", rulePath, [], "The body must have fields and values."],
    ["PUT", rulePath, { target: "1".repeat(600) }, "“target” must have 512 characters at the most."],
    ["PUT", rulePath, { target: "102", enabled: "yes" }, "“enabled” must be true or false."],
    [
      "PUT",
      rulePath,
      { target: "102", from: "yesterday" },
      "“from” must be a time such as 2026-12-24T18:00:00+01:00.",
    ],
    ["PUT", rulePath, { target: "102", hours: [] }, "“hours” must have 1 entry at the least."],
    [
      "PUT",
      rulePath,
      { target: "102", hours: [{ days: ["mon"], from: "8", to: "17:00" }] },
      "“hours[0].from” must be a time of day, HH:MM.",
    ],
    ["PUT", rulePath, { target: "102", colour: "red" }, "The body has no field “colour”."],
    [
      "PUT",
      "/api/lines/101/forwardings/sometimes/all",
      { target: "102" },
      "“when” must be always, busy, noAnswer or unreachable.",
    ],
    ["POST", "/api/lines/101/explain", {}, "“caller” is missing."],
    ["POST", "/api/lines/101/explain", { caller: [] }, "“caller” must be a text or a number."],
    [
      "POST",
      "/api/lines/101/explain",
      { caller: "1", stage: "foo" },
      "“stage” must be arrived, busy, unreachable, noAnswer, declined or targetFailed.",
    ],
    ["GET", "/api/calls?limit=abc", undefined, "“limit” must be a number."],
    ["GET", "/api/calls?limit=0", undefined, "“limit” must be 1 or more."],
    ["GET", "/api/calls?lime=1", undefined, "The query has no field “lime”."],
    ["POST", "/api/configuration?prune=perhaps", "sites: []", "“prune” must be true or false."],
  ] as const) {
    const { status, json, text } = await request(method, path, body === undefined ? {} : { body });
    assert.equal(status, 400, text);
    assert.equal(json["detail"], told);
    assert.equal(json["code"], "invalid-input");
    assert.doesNotMatch(text, zodsWords);
  }
});

test("every fault is told, a misspelt field with the one that may be meant", async (t) => {
  const { request } = await startHttp(t);
  const { json } = await request("PUT", rulePath, { body: { targte: "102", seconds: 0 } });
  assert.equal(
    json["detail"],
    "“target” is missing. “seconds” must be 1 or more. The body has no field “targte”.",
  );
  assert.deepEqual(
    (json["faults"] as Fault[]).map(({ path, mend }) => [path, mend].filter(Boolean).join(": ")),
    ["target", "seconds", "targte: Did you mean “target”?"],
  );
});

test("what a schema says in words of its own stays, and what nobody has words for is told all the same", () => {
  const check = compileInputCheck({
    schema: z.object({ even: z.number().multipleOf(2), short: z.string().min(1).max(2) }),
  });
  const messageOf = (data: unknown): string => {
    const checked = check(data);
    return "error" in checked ? checked.error.message : "fine";
  };
  assert.equal(messageOf({ even: 2, short: "a" }), "fine");
  assert.equal(
    messageOf({ even: 3, short: "" }),
    "“even” must be of another form. “short” must not be empty.",
  );
});
