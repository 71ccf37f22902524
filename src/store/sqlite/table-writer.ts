import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { type Kysely, sql } from "kysely";
import type { Schema } from "../schema.ts";

type Columns<Table extends keyof Schema> = readonly (keyof Schema[Table] & string)[];

/**
 * Puts and removes rows of one table, synchronously and with statements prepared once: a hundred thousand rows are no
 * hundred thousand promises. To be used within a transaction.
 */
export class TableWriter<Table extends keyof Schema> {
  readonly #columns: Columns<Table>;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;

  constructor(
    handle: DatabaseSync,
    database: Kysely<Schema>,
    table: Table,
    key: Columns<Table>,
    others: Columns<Table>,
  ) {
    this.#columns = [...key, ...others];
    this.#put = handle.prepare(
      sql`insert into ${sql.table(table)} (${sql.join(this.#columns.map((name) => sql.ref(name)))})
        values (${sql.join(this.#columns.map(() => sql.raw("?")))})
        on conflict (${sql.join(key.map((name) => sql.ref(name)))}) do ${
          others.length === 0
            ? sql.raw("nothing")
            : sql`update set ${sql.join(others.map((name) => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`))}`
        }`.compile(database).sql,
    );
    this.#remove = handle.prepare(
      sql`delete from ${sql.table(table)} where ${sql.join(
        key.map((name) => sql`${sql.ref(name)} = ${sql.raw("?")}`),
        sql` and `,
      )}`.compile(database).sql,
    );
  }

  /** Inserts the row, or replaces the other columns of the one with this key. */
  put(row: Schema[Table]): void {
    this.#put.run(...this.#columns.map((name) => row[name] as SQLInputValue));
  }

  /** Removes the row with this key; none is no failure. */
  remove(...key: readonly string[]): void {
    this.#remove.run(...key);
  }
}
