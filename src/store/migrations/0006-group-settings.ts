import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

interface Groups {
  readonly line_group: { readonly id: string; readonly document: string };
}

/** Groups that were stored before these settings were there have them as they were understood then. */
export const groupSettings: Migration = {
  async up(database: Kysely<Groups>) {
    const added = { relayFailure: "handBack", targets: { foreignHosts: [] } };
    for (const { id, document } of await database.selectFrom("line_group").selectAll().execute()) {
      const settings = { ...added, ...(JSON.parse(document) as object) };
      await database
        .updateTable("line_group")
        .set({ document: JSON.stringify(settings) })
        .where("id", "=", id)
        .execute();
    }
  },
};
