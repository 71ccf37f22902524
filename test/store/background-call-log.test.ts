import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { BackgroundCallLog } from "../../src/store/sqlite/background-call-log.ts";
import { lockFile } from "../../src/store/sqlite/folder-lock.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { sampleCall } from "./sample-installation.ts";

describe("the call log's thread", () => {
  const folder = mkdtempSync(join(tmpdir(), "divert-background-"));
  let store: SqliteStore;

  before(async () => {
    store = await SqliteStore.open({ folder, clock: systemClock, logger: silentLogger, exclusive: true });
  });
  after(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  it("writes what is recorded, finds it, and has it on disk when it is closed", async () => {
    const log = new BackgroundCallLog({ folder, clock: systemClock, logger: silentLogger });
    for (let number = 1; number <= 300; number++) log.record(sampleCall(number));
    const page = await log.find({ limit: 2 });
    assert.deepEqual(page.calls, [sampleCall(300), sampleCall(299)]);
    log.record(sampleCall(301));
    await log.close();
    assert.equal(log.dropped, 0);
    assert.deepEqual((await store.calls.find({ limit: 1 })).calls, [sampleCall(301)]);
  });

  it("drops and counts what does not fit, and refuses a place that no page gave", async () => {
    const log = new BackgroundCallLog({
      folder,
      clock: systemClock,
      logger: silentLogger,
      limits: { waiting: 10 },
    });
    for (let number = 1000; number < 1025; number++) log.record(sampleCall(number));
    assert.equal(log.dropped, 15);
    await assert.rejects(log.find({ after: "nonsense" }), { name: "Refusal", code: "invalid-input" });
    await log.close();
    log.record(sampleCall(2000));
    assert.equal(log.dropped, 16);
  });

  it("does not keep a second writer's process from saying that the folder is taken", async () => {
    await assert.rejects(
      SqliteStore.open({ folder, clock: systemClock, logger: silentLogger, exclusive: true }),
      {
        name: "Refusal",
        code: "storage-unavailable",
        message: `The data folder ${folder} cannot be used: another Divert is working on it. Stop it, or give this one a folder of its own with --data.`,
      },
    );
    assert.equal((statSync(join(folder, lockFile)).mode & 0o777).toString(8), "600");
  });

  it("lets go of the folder with its process, however that ends", async () => {
    const other = mkdtempSync(join(tmpdir(), "divert-lock-"));
    const store = new URL("../../src/store/sqlite/folder-lock.ts", import.meta.url).href;
    const script = `const { lockFolder } = await import(${JSON.stringify(store)}); lockFolder(${JSON.stringify(other)}); process.kill(process.pid, "SIGKILL");`;
    await assert.rejects(promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]), {
      signal: "SIGKILL",
    });
    const options = { folder: other, clock: systemClock, logger: silentLogger, exclusive: true };
    await (await SqliteStore.open(options)).close();
    await (await SqliteStore.open(options)).close();
    rmSync(other, { recursive: true });
  });
});
