import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { readServerFile, removeServerFile, writeServerFile } from "./server-file.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "divert-server-file-"));
});
afterEach(() => rm(folder, { recursive: true }));

const content = { url: "http://127.0.0.1:8080", pid: 4711, secret: "canary" };

test("what the server writes its commands read, and nobody else", async () => {
  await writeServerFile(folder, content);
  assert.deepEqual(await readServerFile(folder), content);
  assert.equal((await stat(join(folder, "server.json"))).mode & 0o777, 0o600);
});

test("a missing or broken file leads to nobody", async () => {
  assert.equal(await readServerFile(folder), undefined);
  await writeFile(join(folder, "server.json"), '{"url":');
  assert.equal(await readServerFile(folder), undefined);
});

test("a server takes its own file away and leaves that of another", async () => {
  await writeServerFile(folder, content);
  await removeServerFile(folder, 4712);
  assert.deepEqual(await readServerFile(folder), content);
  await removeServerFile(folder, 4711);
  await removeServerFile(folder, 4711);
  assert.equal(await readServerFile(folder), undefined);
});
