import assert from "node:assert/strict";
import { test } from "node:test";
import { startHttp } from "../../../../test/support/http-server.ts";

const path = "/api/configuration";
const yaml = { "content-type": "application/yaml" };

test("a file is applied as YAML or JSON, and says what it did", async (t) => {
  const { request } = await startHttp(t);
  const line = { id: "103", group: "sales", username: "103", password: "p" };
  const created = await request("POST", path, { body: { lines: [line] } });
  assert.equal(created.status, 200, created.text);
  assert.deepEqual(created.json["created"], ["line 103"]);
  const again = await request("POST", path, { body: `lines: [${JSON.stringify(line)}]`, headers: yaml });
  assert.deepEqual([again.json["created"], again.json["changed"], again.json["unchanged"]], [[], [], 1]);
  assert.equal((await request("GET", "/api/lines/103")).status, 200);
});

test("a faulty file changes nothing, and every fault is told with its place and its mend", async (t) => {
  const { request } = await startHttp(t);
  const body = [
    "lines:",
    '  - { id: "103", group: sales, username: "103", password: p }',
    "  - { id: 104, gruop: sales }",
    "forwardings:",
    '  - { line: "999", when: always, callers: all, target: "102" }',
  ].join("\n");
  const answer = await request("POST", `${path}?file=divert.yaml`, { body, headers: yaml });
  assert.equal(answer.status, 422);
  assert.equal(answer.json["code"], "invalid-configuration");
  const places = (answer.json["faults"] as { place: string }[]).map(({ place }) => place);
  assert.ok(
    places.some((place) => place.startsWith("divert.yaml:3:")),
    places.join(),
  );
  assert.ok(
    places.some((place) => place.startsWith("divert.yaml:5:")),
    places.join(),
  );
  assert.equal((await request("GET", "/api/lines/103")).status, 404);
});

test("a sender's ${env:NAME} is not filled in from the server's environment", async (t) => {
  const { request } = await startHttp(t);
  const line = { id: "103", group: "sales", username: "103", password: "p", displayName: "${env:PATH}" };
  const answer = await request("POST", path, { body: { lines: [line] } });
  assert.equal(answer.status, 422, answer.text);
  assert.doesNotMatch(answer.text, new RegExp((process.env["PATH"] ?? "").slice(0, 8)));
});

test("prune removes what the file does not name", async (t) => {
  const { request } = await startHttp(t);
  const { text } = await request("GET", path);
  assert.match(text, /^sites:/m);
  const pruned = await request("POST", `${path}?prune=true`, { body: {} });
  assert.equal(pruned.status, 200, pruned.text);
  assert.equal((pruned.json["removed"] as unknown[]).length, 8);
  assert.deepEqual((await request("GET", "/api/lines")).json, { lines: [], total: 0 });
});

test("depth, size and bombs are refused", async (t) => {
  const { request } = await startHttp(t);
  const deep = `{"lines":${"[".repeat(100_000)}`;
  assert.equal((await request("POST", path, { body: deep })).status, 400);
  const bomb = [
    "a: &a [x,x,x,x,x,x,x,x,x]",
    ...Array.from({ length: 9 }, (_, index) => {
      const [from, to] = ["abcdefghij"[index], "abcdefghij"[index + 1]];
      return `${to ?? ""}: &${to ?? ""} [${Array(9)
        .fill(`*${from ?? ""}`)
        .join(",")}]`;
    }),
  ].join("\n");
  assert.equal((await request("POST", path, { body: bomb, headers: yaml })).status, 422);
  const flow = "[".repeat(100_000);
  assert.ok([400, 422].includes((await request("POST", path, { body: flow, headers: yaml })).status));
});
