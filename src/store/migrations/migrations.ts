import { type Kysely, sql } from "kysely";
import { DEFAULT_MIGRATION_TABLE, type MigrationProvider, Migrator } from "kysely/migration";
import { Refusal } from "../../base/refusal.ts";
import { installation } from "./0001-installation.ts";
import { callLog } from "./0002-call-log.ts";
import { doNotDisturb } from "./0003-do-not-disturb.ts";
import { profiles } from "./0004-profiles.ts";
import { pbxFinding } from "./0005-pbx-finding.ts";
import { groupSettings } from "./0006-group-settings.ts";

/** In the order of their names. A migration that was released is never changed; what comes after is a new one. */
const provider: MigrationProvider = {
  getMigrations: () =>
    Promise.resolve({
      "0001-installation": installation,
      "0002-call-log": callLog,
      "0003-do-not-disturb": doNotDisturb,
      "0004-profiles": profiles,
      "0005-pbx-finding": pbxFinding,
      "0006-group-settings": groupSettings,
    }),
};

/**
 * Brings the tables to this version's form, each step in a transaction of its own. Rejects when a step fails, and with
 * the refusal `storage-unavailable` when a later version has been here.
 */
export async function migrateToLatest<Schema>(database: Kysely<Schema>): Promise<void> {
  const migrator = new Migrator({ db: database, provider });
  const known = await provider.getMigrations();
  const foreign = (await appliedMigrations(database)).filter((name) => !(name in known));
  if (foreign.length > 0) {
    const message = `the database was made by a later version of Divert (it has ${foreign.join(", ")}). Run that one, or restore a backup.`;
    throw new Refusal("storage-unavailable", message);
  }
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) {
    throw error instanceof Error ? error : new Error("The database could not be migrated", { cause: error });
  }
}

async function appliedMigrations<Schema>(database: Kysely<Schema>): Promise<string[]> {
  const tables = await database.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === DEFAULT_MIGRATION_TABLE)) return [];
  const { rows } = await sql<{
    name: string;
  }>`select name from ${sql.table(DEFAULT_MIGRATION_TABLE)}`.execute(database);
  return rows.map(({ name }) => name);
}
