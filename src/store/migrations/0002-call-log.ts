import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** A call's line is kept by its id alone: the log outlives lines. */
export const callLog: Migration = {
  async up(database: Kysely<unknown>) {
    await database.schema
      .createTable("call")
      .addColumn("id", "text", (column) => column.primaryKey().notNull())
      .addColumn("started_at", "bigint", (column) => column.notNull())
      .addColumn("line", "text", (column) => column.notNull())
      .addColumn("caller", "text", (column) => column.notNull())
      .addColumn("caller_class", "text", (column) => column.notNull())
      .addColumn("called", "text")
      .addColumn("line_state", "text", (column) => column.notNull())
      .addColumn("action", "text", (column) => column.notNull())
      .addColumn("target", "text")
      .addColumn("rule_owner", "text")
      .addColumn("rule_when", "text")
      .addColumn("rule_callers", "text")
      .addColumn("status", "integer", (column) => column.notNull())
      .addColumn("reasons", "text", (column) => column.notNull())
      .addColumn("ended_as", "text", (column) => column.notNull())
      .addColumn("duration_ms", "bigint")
      .execute();
    await database.schema.createIndex("call_by_time").on("call").columns(["started_at", "id"]).execute();
    await database.schema
      .createIndex("call_by_line")
      .on("call")
      .columns(["line", "started_at", "id"])
      .execute();
  },
};
