import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { HostsFile, parseHosts } from "./hosts-file.ts";

test("a hosts file gives names to addresses; comments and nonsense are passed over", () => {
  const text =
    "127.0.0.1 localhost\n::1\tlocalhost ip6-localhost # both\n# 10.0.0.1 not\n\nnonsense pbx\n10.0.0.9  PBX pbx.lan\r\n";
  assert.deepEqual(
    parseHosts(text),
    new Map([
      ["localhost", ["127.0.0.1", "::1"]],
      ["ip6-localhost", ["::1"]],
      ["pbx", ["10.0.0.9"]],
      ["pbx.lan", ["10.0.0.9"]],
    ]),
  );
});

test("a change of the file is seen after ten seconds, and a missing file names nobody", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "divert-hosts-"));
  context.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "hosts");
  const clock = new FakeClock();
  const hosts = new HostsFile(path, clock);
  assert.equal(await hosts.knows("pbx"), false);

  await writeFile(path, "10.0.0.9 pbx\n2001:db8::9 pbx\n");
  assert.equal(await hosts.knows("pbx"), false);
  clock.advance(10_000);
  assert.deepEqual(await hosts.find("PBX", 4), ["10.0.0.9"]);
  assert.deepEqual(await hosts.find("pbx", 6), ["2001:db8::9"]);
});
