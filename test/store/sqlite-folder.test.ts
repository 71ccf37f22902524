import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { Refusal } from "../../src/base/refusal.ts";
import { type Logger, silentLogger } from "../../src/base/logger.ts";
import { databaseFile, SqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { sampleCall, sampleForwarding, sampleInstallation, sampleLine } from "./sample-installation.ts";

const { sites, pbxs, groups, lines, forwardings } = sampleInstallation;
const installation = {
  sites: { put: sites, remove: [] },
  pbxs: { put: pbxs, remove: [] },
  groups: { put: groups, remove: [] },
  lines: { put: lines, remove: [] },
  forwardings: { put: forwardings, remove: [] },
};

describe("the data folder", () => {
  let parent: string;
  let folder: string;
  let store: SqliteStore;
  const clock = new FakeClock();

  beforeEach(async () => {
    parent = mkdtempSync(join(tmpdir(), "divert-folder-"));
    folder = join(parent, "data");
    store = await SqliteStore.open({
      folder,
      clock,
      logger: silentLogger,
      callLog: { waiting: 5, keepCalls: 3, keepDays: 1 },
    });
  });

  afterEach(async () => {
    await store.close();
    rmSync(parent, { recursive: true });
  });

  const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

  it("is its owner's alone, every file in it, and a backup", async () => {
    await store.directory.commit(installation);
    const copy = join(parent, "copy.db");
    await store.backup(copy);
    assert.equal(modeOf(folder), "700");
    for (const file of readdirSync(folder)) assert.equal(modeOf(join(folder, file)), "600", file);
    assert.equal(modeOf(copy), "600");
  });

  it("is copied whole by a backup, which opens as a data folder's database", async () => {
    await store.directory.commit(installation);
    store.calls.record(sampleCall(1));
    const other = mkdtempSync(join(parent, "other-"));
    await store.backup(join(other, databaseFile));
    const restored = await SqliteStore.open({ folder: other, clock, logger: silentLogger });
    assert.equal((await restored.directory.load()).forwardings.length, forwardings.length);
    assert.equal((await restored.calls.find({})).calls.length, 1);
    await restored.close();
  });

  it("keeps other files in it as they are", async () => {
    writeFileSync(join(folder, "notes.txt"), "mine");
    await store.close();
    store = await SqliteStore.open({ folder, clock, logger: silentLogger });
    assert.equal(readFileSync(join(folder, "notes.txt"), "utf8"), "mine");
  });

  it("is refused with a reason when its database is none, or its path is a file", async () => {
    await store.close();
    writeFileSync(
      join(folder, databaseFile),
      "this is no database, and long enough to be taken for one".repeat(99),
    );
    const open = (path: string) => SqliteStore.open({ folder: path, clock, logger: silentLogger });
    await assert.rejects(open(folder), { code: "storage-unavailable", message: /damaged/ });
    writeFileSync(join(parent, "file"), "");
    await assert.rejects(open(join(parent, "file")), { code: "storage-unavailable" });
  });

  it("is refused when a later version has written to it", async () => {
    await store.close();
    const database = new DatabaseSync(join(folder, databaseFile));
    database.exec("INSERT INTO kysely_migration VALUES ('9999-what-is-to-come', '2030-01-01T00:00:00Z')");
    database.close();
    await assert.rejects(SqliteStore.open({ folder, clock, logger: silentLogger }), {
      code: "storage-unavailable",
      message: /later version/,
    });
  });

  it("keeps what a PBX of an earlier version had said of registrations, where it had said something", async () => {
    await store.directory.commit({
      sites: { put: sampleInstallation.sites, remove: [] },
      pbxs: { put: sampleInstallation.pbxs, remove: [] },
    });
    await store.close();
    const database = new DatabaseSync(join(folder, databaseFile));
    const [pbx] = sampleInstallation.pbxs;
    assert.ok(pbx);
    const write = database.prepare("INSERT OR REPLACE INTO pbx (id, site, document) VALUES (?, ?, ?)");
    for (const [id, expires, registerRate] of [
      ["plain", 300, 50],
      ["told", 3600, 50],
    ] as const) {
      write.run(id, pbx.site, JSON.stringify({ ...pbx, id, expires, registerRate }));
    }
    database.exec(
      "DROP TABLE pbx_finding; DROP TABLE pbx_profile; DELETE FROM kysely_migration WHERE name >= '0004'",
    );
    database.close();

    store = await SqliteStore.open({ folder, clock, logger: silentLogger });
    const { pbxs, profiles } = await store.directory.load();
    assert.deepEqual(profiles, []);
    assert.deepEqual(
      pbxs.filter(({ id }) => id !== pbx.id),
      [
        { ...pbx, id: "plain" },
        { ...pbx, id: "told", overrides: { ...pbx.overrides, expires: 3600 } },
      ],
    );
  });

  it("gives groups of an earlier version the settings that they had without being asked", async () => {
    const { sites, pbxs, groups } = sampleInstallation;
    const [group] = groups;
    assert.ok(group);
    await store.directory.commit({
      sites: { put: sites, remove: [] },
      pbxs: { put: pbxs, remove: [] },
      groups: { put: groups, remove: [] },
    });
    await store.close();
    const database = new DatabaseSync(join(folder, databaseFile));
    const { id, pbx, answers, busyCounts } = group;
    database
      .prepare("UPDATE line_group SET document = ? WHERE id = ?")
      .run(JSON.stringify({ id, pbx, answers, busyCounts }), id);
    database.exec("DELETE FROM kysely_migration WHERE name >= '0006'");
    database.close();

    store = await SqliteStore.open({ folder, clock, logger: silentLogger });
    const loaded = (await store.directory.load()).groups.find((found) => found.id === id);
    assert.equal(loaded?.relayFailure, "handBack");
    assert.deepEqual(loaded.targets.foreignHosts, []);
  });

  it("gets the calls written that wait when the store is closed", async () => {
    store.calls.record(sampleCall(1));
    await store.close();
    store = await SqliteStore.open({ folder, clock, logger: silentLogger });
    assert.equal((await store.calls.find({})).calls.length, 1);
  });

  it("gets the calls in a batch after a moment, and drops and counts what may not wait", async () => {
    for (let number = 0; number < 8; number++) store.calls.record(sampleCall(number));
    assert.equal(store.calls.dropped, 3);
    clock.advance(200);
    await store.calls.flush();
    for (let number = 8; number < 10; number++) store.calls.record(sampleCall(number));
    assert.equal((await store.calls.find({})).calls.length, 7);
    assert.equal(store.calls.dropped, 3);
  });

  it("keeps the latest calls alone, and none that are too old", async () => {
    const now = clock.wallTime();
    for (let number = 0; number < 5; number++)
      store.calls.record(sampleCall(number, { startedAt: now + number }));
    await store.calls.flush();
    await store.calls.prune();
    const kept = async () => (await store.calls.find({})).calls.map(({ startedAt }) => startedAt - now);
    assert.deepEqual(await kept(), [4, 3, 2]);
    clock.advance(25 * 3_600_000);
    await store.calls.prune();
    assert.deepEqual(await kept(), []);
  });
});

/** A disk of one megabyte in memory; undefined where this process may not mount one. */
function mountSmallDisk(): string | undefined {
  const place = mkdtempSync(join(tmpdir(), "divert-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", place], { stdio: "ignore" });
    return place;
  } catch {
    rmSync(place, { recursive: true });
    return undefined;
  }
}

const disk = mountSmallDisk();

describe(
  "a full disk",
  { skip: disk === undefined ? "a small disk cannot be mounted here (needs root)" : false },
  () => {
    const place = disk ?? "";
    const filling = join(place, "filling");
    const told: string[] = [];
    const logger: Logger = {
      ...silentLogger,
      error: (_, message) => told.push(message),
      info: (_, message) => told.push(message),
    };
    let store: SqliteStore;

    before(async () => {
      store = await SqliteStore.open({ folder: join(place, "data"), clock: new FakeClock(), logger });
      await store.directory.commit(installation);
    });

    after(async () => {
      await store.close();
      execFileSync("umount", [place]);
      rmSync(place, { recursive: true });
    });

    const set = (target: string) =>
      store.directory.commit({ forwardings: { put: [sampleForwarding("101", target)], remove: [] } });

    /** Needs room, as a rule that takes another's place hardly does. */
    const addLine = (number: number) =>
      store.directory.commit({
        lines: { put: [sampleLine(`long-${number}`, { displayName: "x".repeat(20_000) })], remove: [] },
      });

    /** Takes all the room there is. */
    function fill(): void {
      for (let size = 1 << 20; size > 0; size >>= 1) {
        try {
          writeFileSync(filling, Buffer.alloc(size), { flag: "a" });
        } catch {
          // There is no room for this much: half of it, then.
        }
      }
    }

    it("is no matter as long as the log's own room does", async () => {
      fill();
      for (let number = 0; number < 600; number++) await set(String(number));
      rmSync(filling);
    });

    it("refuses changes, tells it once, keeps the old ones, and heals by itself", async () => {
      fill();
      const added: string[] = [];
      const refused: unknown[] = [];
      for (let number = 0; number < 60; number++) {
        await addLine(number).then(
          () => added.push(`long-${number}`),
          (refusal: unknown) => refused.push(refusal),
        );
      }
      assert.ok(refused.length > 0);
      for (const refusal of refused) {
        assert.ok(refusal instanceof Refusal && refusal.code === "storage-unavailable");
        assert.match(refusal.message, /the disk is full/);
      }
      const kept = (await store.directory.load()).lines
        .map(({ id }) => id)
        .filter((id) => id.startsWith("long"));
      assert.deepEqual(kept.sort(), added.sort());
      assert.deepEqual(told, ["the data folder takes no changes"]);

      rmSync(filling);
      await addLine(99);
      assert.equal(store.available, true);
      assert.deepEqual(told, ["the data folder takes no changes", "the data folder takes changes again"]);
    });
  },
);
