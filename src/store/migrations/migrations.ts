import type { Kysely } from "kysely";
import { type MigrationProvider, Migrator } from "kysely/migration";
import { installation } from "./0001-installation.ts";
import { callLog } from "./0002-call-log.ts";

/** In the order of their names. A migration that was released is never changed; what comes after is a new one. */
const provider: MigrationProvider = {
  getMigrations: () => Promise.resolve({ "0001-installation": installation, "0002-call-log": callLog }),
};

/** Brings the tables to this version's form, each step in a transaction of its own. Rejects when a step fails. */
export async function migrateToLatest<Schema>(database: Kysely<Schema>): Promise<void> {
  const { error } = await new Migrator({ db: database, provider }).migrateToLatest();
  if (error !== undefined) {
    throw error instanceof Error ? error : new Error("The database could not be migrated", { cause: error });
  }
}
