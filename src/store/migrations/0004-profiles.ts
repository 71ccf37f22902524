import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/**
 * Profiles that an installation has written for itself. `expires` and `registerRate` of a PBX become keys of its
 * profile that it has otherwise: they stay where they are not what every PBX had without being told.
 */
export const profiles: Migration = {
  async up(database: Kysely<unknown>) {
    await database.schema
      .createTable("pbx_profile")
      .addColumn("id", "text", (column) => column.primaryKey().notNull())
      .addColumn("document", "text", (column) => column.notNull())
      .execute();

    const { rows } = await sql<{ id: string; document: string }>`select id, document from pbx`.execute(
      database,
    );
    for (const { id, document } of rows) {
      const changed = JSON.stringify(moveRegistration(JSON.parse(document) as PbxOfBefore));
      await sql`update pbx set document = ${changed} where id = ${id}`.execute(database);
    }
  },
};

interface PbxOfBefore {
  readonly expires?: number;
  readonly registerRate?: number;
  readonly overrides: object;
}

function moveRegistration({ expires, registerRate, overrides, ...others }: PbxOfBefore): object {
  return {
    ...others,
    overrides: {
      ...overrides,
      ...(expires !== undefined && expires !== 300 && { expires }),
      ...(registerRate !== undefined && registerRate !== 50 && { registerRate }),
    },
  };
}
