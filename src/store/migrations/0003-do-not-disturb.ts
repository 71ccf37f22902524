import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** At most one row a line; a line without one may be disturbed. */
export const doNotDisturb: Migration = {
  async up(database: Kysely<unknown>) {
    await database.schema
      .createTable("do_not_disturb")
      .addColumn("line", "text", (column) => column.primaryKey().notNull())
      .addColumn("enabled", "integer", (column) => column.notNull())
      .addColumn("target", "text")
      .addColumn("applied_tag", "text")
      .addForeignKeyConstraint("do_not_disturb_line", ["line"], "line", ["id"], (key) =>
        key.onDelete("cascade").deferrable().initiallyDeferred(),
      )
      .execute();
  },
};
