import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { credentials } from "../../src/accounts/credentials.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { systemRandom } from "../../src/base/random.ts";
import { Directory } from "../../src/directory/directory.ts";
import { databaseFile, SqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { sampleInstallation, sampleLine } from "./sample-installation.ts";

const writer = join(import.meta.dirname, "acknowledging-writer.ts");
const lineIds = Array.from({ length: 20 }, (_, number) => `2${String(number).padStart(2, "0")}`);

async function makeFolder(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "divert-kill-"));
  const store = await SqliteStore.open({ folder, clock: new FakeClock(), logger: silentLogger });
  const { sites, pbxs, groups } = sampleInstallation;
  await store.directory.commit({
    sites: { put: sites, remove: [] },
    pbxs: { put: pbxs, remove: [] },
    groups: { put: groups, remove: [] },
    lines: { put: lineIds.map((id) => sampleLine(id)), remove: [] },
  });
  await store.close();
  return folder;
}

/** Kills the writer when it has acknowledged this many; gives the last target that it acknowledged for each rule. */
async function writeAndKill(folder: string, acknowledgements: number): Promise<Map<string, string>> {
  const child = spawn(process.execPath, [writer, folder], { stdio: ["ignore", "pipe", "inherit"] });
  let told = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    told += chunk;
    if (told.split("\n").length > acknowledgements) child.kill("SIGKILL");
  });
  await once(child, "close");
  const lines = told.slice(0, told.lastIndexOf("\n")).split("\n");
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), line.slice(line.lastIndexOf(" ") + 1)]),
  );
}

describe("kill -9 in a burst of changes", () => {
  it("loses no acknowledged rule, and leaves no half one", async () => {
    const folder = await makeFolder();
    for (const acknowledgements of [1, 137, 400]) {
      const acknowledged = await writeAndKill(folder, acknowledgements);
      assert.ok(acknowledged.size > 0);

      const store = await SqliteStore.open({ folder, clock: new FakeClock(), logger: silentLogger });
      const directory = await Directory.open({ store: store.directory, random: systemRandom, credentials });
      for (const [rule, target] of acknowledged) {
        const [line = "", callers] = rule.split(" ");
        const kept = directory.findForwarding({ line }, "busy", callers as "internal")?.forwarding.target;
        // What was being written when the kill came may be there or not: it is the next but one of the same rule.
        const next = `+${Number(target) + 2}`;
        assert.ok(kept === target || kept === next, `${rule}: ${String(kept)} instead of ${target}`);
      }
      await store.close();
      const database = new DatabaseSync(join(folder, databaseFile), { readOnly: true });
      assert.deepEqual({ ...database.prepare("PRAGMA integrity_check").get() }, { integrity_check: "ok" });
      assert.deepEqual(database.prepare("PRAGMA foreign_key_check").all(), []);
      database.close();
    }
    rmSync(folder, { recursive: true });
  });
});
