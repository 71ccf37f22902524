import type { DatabaseSync } from "node:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import { Refusal } from "../../base/refusal.ts";
import { isDiskFull, isStorageRefusal, storageRefusal } from "./storage-fault.ts";

/**
 * Statements of one write, run within a transaction. It yields now and then when it is long, so that calls are
 * answered in between.
 */
export type Write = () => Iterable<void>;

interface Waiting {
  readonly write: Write;
  readonly resolve: () => void;
  readonly reject: (failure: unknown) => void;
}

/** Writes that share one sync at the most: bounds how long the loop is held by one transaction of small writes. */
const batchLimit = 256;
/** Writes that may wait; more come only from someone who does not wait for answers. */
const waitingLimit = 20_000;

/**
 * The one writer of the database. Writes that queue up share a transaction and so a sync; each is resolved after it.
 * When the shared transaction fails, each is tried alone: one bad write fails nobody else.
 */
export class TransactionQueue {
  readonly #handle: DatabaseSync;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #waiting: Waiting[] = [];
  #drained: Promise<void> | undefined;
  #available = true;
  #toldAt = Number.NEGATIVE_INFINITY;
  #isTold = false;

  constructor(handle: DatabaseSync, clock: Clock, logger: Logger) {
    this.#handle = handle;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Whether the last transaction reached the disk; true before the first. */
  get available(): boolean {
    return this.#available;
  }

  /**
   * Resolves when the write is synced. Rejects with the refusal `storage-unavailable` when the disk does not take it,
   * and with what the write threw; nothing of it is kept then.
   */
  submit(write: Write): Promise<void> {
    if (this.#waiting.length >= waitingLimit) {
      return Promise.reject(
        new Refusal("storage-unavailable", "Nothing was changed: too many changes wait."),
      );
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, resolve, reject });
      this.#drained ??= this.#drain();
    });
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#drained;
  }

  async #drain(): Promise<void> {
    // What else is submitted in this turn of the loop joins the first transaction.
    await nextTurn();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, batchLimit);
      if (batch.length === 1 || !(await this.#commitTogether(batch))) {
        for (const waiting of batch) await this.#commitAlone(waiting);
      }
      if (this.#waiting.length > 0) await nextTurn();
    }
    this.#drained = undefined;
  }

  async #commitTogether(batch: readonly Waiting[]): Promise<boolean> {
    try {
      await this.#transact(batch);
    } catch {
      // Each is tried alone next, and told why it failed.
      return false;
    }
    for (const waiting of batch) waiting.resolve();
    return true;
  }

  async #commitAlone(waiting: Waiting): Promise<void> {
    try {
      await this.#transact([waiting]).catch((failure: unknown) => this.#retryWithRoom(waiting, failure));
      waiting.resolve();
    } catch (failure) {
      const refusal = storageRefusal(failure, "Nothing was changed");
      if (isStorageRefusal(refusal)) this.#noteUnavailable(refusal);
      waiting.reject(refusal);
    }
  }

  /** On a full disk the log's own room may do, once what it holds is brought into the database. */
  async #retryWithRoom(waiting: Waiting, failure: unknown): Promise<void> {
    if (!isDiskFull(failure)) throw failure;
    this.#handle.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    await this.#transact([waiting]);
  }

  async #transact(batch: readonly Waiting[]): Promise<void> {
    this.#handle.exec("BEGIN IMMEDIATE");
    try {
      for (const { write } of batch) {
        // eslint-disable-next-line @typescript-eslint/no-unused-vars -- what a write yields is a pause, no value
        for (const _ of write()) await nextTurn();
      }
      this.#handle.exec("COMMIT");
    } catch (failure) {
      // SQLite rolls back on its own after some failures, a full disk among them.
      if (this.#handle.isTransaction) this.#handle.exec("ROLLBACK");
      throw failure;
    }
    this.#noteAvailable();
  }

  /** Told once a minute at the most, however many writes fail and succeed: a full disk must not fill the log as well. */
  #noteUnavailable(refusal: Refusal): void {
    this.#available = false;
    if (this.#isTold || this.#clock.now() - this.#toldAt < 60_000) return;
    this.#isTold = true;
    this.#toldAt = this.#clock.now();
    this.#logger.error({ reason: refusal.message }, "the data folder takes no changes");
  }

  #noteAvailable(): void {
    this.#available = true;
    if (!this.#isTold) return;
    this.#isTold = false;
    this.#logger.info({}, "the data folder takes changes again");
  }
}
