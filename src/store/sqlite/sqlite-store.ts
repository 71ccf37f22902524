import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { Kysely } from "kysely";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import { fileFault } from "../../base/file-fault.ts";
import { Refusal } from "../../base/refusal.ts";
import type { DirectoryStore } from "../../directory/directory-store.ts";
import { migrateToLatest } from "../migrations/migrations.ts";
import type { Schema } from "../schema.ts";
import { lockFolder } from "./folder-lock.ts";
import { nodeSqliteDialect } from "./node-sqlite-dialect.ts";
import { type CallLogLimits, SqliteCallLog } from "./sqlite-call-log.ts";
import { SqliteDirectoryStore } from "./sqlite-directory-store.ts";
import { storageRefusal } from "./storage-fault.ts";
import { TransactionQueue } from "./transaction-queue.ts";

/** The database's file in the data folder; `-wal` and `-shm` stand beside it while it is open. */
export const databaseFile = "divert.db";

export interface SqliteStoreOptions {
  /** The data folder; made when it is missing, for its owner alone. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly callLog?: Partial<CallLogLimits>;
  /** Refuses to open a folder that another process has open so: two would change what the other holds in memory. */
  readonly exclusive?: boolean;
}

/** The ports that are kept on disk, in one SQLite database. */
export class SqliteStore {
  readonly directory: DirectoryStore;
  readonly calls: SqliteCallLog;
  readonly #handle: DatabaseSync;
  readonly #database: Kysely<Schema>;
  readonly #queue: TransactionQueue;
  readonly #unlock: () => void;
  #closed: Promise<void> | undefined;

  private constructor(
    handle: DatabaseSync,
    database: Kysely<Schema>,
    unlock: () => void,
    options: SqliteStoreOptions,
  ) {
    const { clock, logger } = options;
    this.#unlock = unlock;
    this.#handle = handle;
    this.#database = database;
    this.#queue = new TransactionQueue(handle, clock, logger);
    this.directory = new SqliteDirectoryStore(handle, database, this.#queue);
    this.calls = new SqliteCallLog({
      handle,
      database,
      queue: this.#queue,
      clock,
      logger,
      ...(options.callLog !== undefined && { limits: options.callLog }),
    });
  }

  /**
   * Opens the database and brings its tables to this version's form. Rejects with the refusal
   * `storage-unavailable` when the folder cannot be used.
   */
  static async open(options: SqliteStoreOptions): Promise<SqliteStore> {
    let handle: DatabaseSync | undefined;
    let unlock = (): void => {};
    try {
      // Passwords for PBXs lie here in clear, since digest needs them: nobody but the owner may read.
      mkdirSync(options.folder, { recursive: true, mode: 0o700 });
      if (options.exclusive === true) unlock = lockFolder(options.folder);
      handle = openHandle(options.folder);
      const database = new Kysely<Schema>({ dialect: nodeSqliteDialect(handle) });
      await migrateToLatest(database);
      useWriteAheadLog(handle);
      return new SqliteStore(handle, database, unlock, options);
    } catch (failure) {
      handle?.close();
      unlock();
      throw startRefusal(options.folder, failure);
    }
  }

  /** Whether the last change reached the disk. */
  get available(): boolean {
    return this.#queue.available;
  }

  /** Writes a consistent copy of everything to a file that only its owner may read; calls go on meanwhile. */
  async backup(file: string): Promise<void> {
    await this.calls.flush();
    createPrivateFile(file);
    await backup(this.#handle, file);
  }

  /** Writes what waits and lets go of the file. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.calls.close();
    await this.#queue.idle();
    await this.#database.destroy();
    this.#unlock();
  }
}

function openHandle(folder: string): DatabaseSync {
  const file = join(folder, databaseFile);
  createPrivateFile(file);
  const handle = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: 5000 });
  handle.exec("PRAGMA synchronous = FULL");
  return handle;
}

/**
 * A commit is in the log, and the log synced, before it counts: nothing acknowledged is lost with the power. Set after
 * the tables are made, which so need their own size alone. The log is brought into the database every 100 pages
 * (400 kB, not SQLite's 4 MB), so that a small disk is filled by data, not by the log.
 */
function useWriteAheadLog(handle: DatabaseSync): void {
  handle.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 100; PRAGMA journal_size_limit = 1048576",
  );
}

/** SQLite gives `-wal` and `-shm` the database file's mode, so the mode is set before SQLite opens it. */
function createPrivateFile(file: string): void {
  if (!existsSync(file)) closeSync(openSync(file, "a", 0o600));
  chmodSync(file, 0o600);
}

function startRefusal(folder: string, failure: unknown): unknown {
  const told = `The data folder ${folder} cannot be used`;
  if (failure instanceof Refusal) {
    return new Refusal(failure.code, `${told}: ${failure.message}`, [], { cause: failure });
  }
  if (failure instanceof Error && "syscall" in failure) {
    const path = "path" in failure && failure.path !== folder ? ` (${String(failure.path)})` : "";
    return new Refusal("storage-unavailable", `${told}: ${fileFault(failure)}${path}.`, [], {
      cause: failure,
    });
  }
  return storageRefusal(failure, told);
}
