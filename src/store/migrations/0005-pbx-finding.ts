import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** At most one row a PBX: all that checks have found out of it. */
export const pbxFinding: Migration = {
  async up(database: Kysely<unknown>) {
    await database.schema
      .createTable("pbx_finding")
      .addColumn("pbx", "text", (column) => column.primaryKey().notNull())
      .addColumn("findings", "text", (column) => column.notNull())
      .addForeignKeyConstraint("pbx_finding_pbx", ["pbx"], "pbx", ["id"], (key) =>
        key.onDelete("cascade").deferrable().initiallyDeferred(),
      )
      .execute();
  },
};
