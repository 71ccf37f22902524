import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** References are checked at the commit, so that a change may bring its rows in any order. */
export const installation: Migration = {
  async up(database: Kysely<unknown>) {
    await database.schema
      .createTable("site")
      .addColumn("id", "text", (column) => column.primaryKey().notNull())
      .addColumn("document", "text", (column) => column.notNull())
      .execute();

    await database.schema
      .createTable("pbx")
      .addColumn("id", "text", (column) => column.primaryKey().notNull())
      .addColumn("site", "text", (column) => column.notNull())
      .addColumn("document", "text", (column) => column.notNull())
      .addForeignKeyConstraint("pbx_site", ["site"], "site", ["id"], (key) =>
        key.deferrable().initiallyDeferred(),
      )
      .execute();

    await database.schema
      .createTable("line_group")
      .addColumn("id", "text", (column) => column.primaryKey().notNull())
      .addColumn("pbx", "text", (column) => column.notNull())
      .addColumn("document", "text", (column) => column.notNull())
      .addForeignKeyConstraint("line_group_pbx", ["pbx"], "pbx", ["id"], (key) =>
        key.deferrable().initiallyDeferred(),
      )
      .execute();

    await database.schema
      .createTable("line")
      .addColumn("id", "text", (column) => column.primaryKey().notNull())
      .addColumn("line_group", "text", (column) => column.notNull())
      .addColumn("extension", "text", (column) => column.notNull())
      .addColumn("username", "text", (column) => column.notNull())
      .addColumn("auth_username", "text")
      .addColumn("password", "text", (column) => column.notNull())
      .addColumn("second_call", "text", (column) => column.notNull())
      .addColumn("call_waiting", "integer", (column) => column.notNull())
      .addColumn("display_name", "text")
      .addColumn("phone_username", "text")
      .addColumn("phone_password", "text")
      .addColumn("contact_token", "text", (column) => column.notNull().unique())
      .addForeignKeyConstraint("line_line_group", ["line_group"], "line_group", ["id"], (key) =>
        key.deferrable().initiallyDeferred(),
      )
      .execute();
    await database.schema.createIndex("line_by_group").on("line").column("line_group").execute();

    await database.schema
      .createTable("account")
      .addColumn("name", "text", (column) => column.primaryKey().notNull())
      .addColumn("role", "text", (column) => column.notNull())
      .addColumn("password_hash", "text")
      .execute();

    await database.schema
      .createTable("account_line")
      .addColumn("account", "text", (column) => column.notNull())
      .addColumn("line", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("account_line_key", ["account", "line"])
      .addForeignKeyConstraint("account_line_account", ["account"], "account", ["name"], (key) =>
        key.onDelete("cascade").deferrable().initiallyDeferred(),
      )
      .addForeignKeyConstraint("account_line_line", ["line"], "line", ["id"], (key) =>
        key.onDelete("cascade").deferrable().initiallyDeferred(),
      )
      .execute();
    await database.schema.createIndex("account_line_by_line").on("account_line").column("line").execute();

    await database.schema
      .createTable("api_token")
      .addColumn("name", "text", (column) => column.primaryKey().notNull())
      .addColumn("role", "text", (column) => column.notNull())
      .addColumn("secret_hash", "text", (column) => column.notNull())
      .execute();

    await createForwardingTable(database, "line_forwarding", "line");
    await createForwardingTable(database, "group_forwarding", "line_group");
  },
};

/** A line's rules and a group's look alike; each table refers to its own kind of owner. */
async function createForwardingTable(
  database: Kysely<unknown>,
  table: string,
  ownerTable: string,
): Promise<void> {
  await database.schema
    .createTable(table)
    .addColumn("owner", "text", (column) => column.notNull())
    .addColumn("when", "text", (column) => column.notNull())
    .addColumn("callers", "text", (column) => column.notNull())
    .addColumn("target", "text")
    .addColumn("enabled", "integer", (column) => column.notNull())
    .addColumn("seconds", "integer")
    .addColumn("valid_from", "text")
    .addColumn("valid_until", "text")
    .addColumn("hours", "text")
    .addColumn("time_zone", "text")
    .addColumn("group_calls", "integer")
    .addColumn("mandatory", "integer")
    .addColumn("applied_etag", "text")
    .addPrimaryKeyConstraint(`${table}_key`, ["owner", "when", "callers"])
    .addForeignKeyConstraint(`${table}_owner`, ["owner"], ownerTable, ["id"], (key) =>
      key.onDelete("cascade").deferrable().initiallyDeferred(),
    )
    .execute();
}
