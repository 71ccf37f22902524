import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { type Dialect, type SqliteStatement, SqliteDialect } from "kysely";

/** Kysely's own SQLite dialect over the SQLite that is built into Node. */
export function nodeSqliteDialect(handle: DatabaseSync): Dialect {
  return new SqliteDialect({
    database: { close: () => handle.close(), prepare: (sql) => adaptStatement(handle, sql) },
  });
}

function adaptStatement(handle: DatabaseSync, sql: string): SqliteStatement {
  const statement = handle.prepare(sql);
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...parameters.map(toSqlValue)),
    run: (parameters) => statement.run(...parameters.map(toSqlValue)),
    iterate: (parameters) => statement.iterate(...parameters.map(toSqlValue)),
  };
}

function toSqlValue(value: unknown): SQLInputValue {
  switch (typeof value) {
    case "string":
    case "number":
    case "bigint":
      return value;
    default:
      if (value === null || value instanceof Uint8Array) return value;
      throw new TypeError(`SQLite has no place for a ${typeof value}`);
  }
}
