import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "../../src/base/logger.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { storeContract } from "./contract.ts";

storeContract("SQLite", async () => {
  const folder = await mkdtemp(join(tmpdir(), "divert-store-"));
  return {
    open: () => SqliteStore.open({ folder, clock: new FakeClock(), logger: silentLogger }),
    remove: () => rm(folder, { recursive: true }),
  };
});
