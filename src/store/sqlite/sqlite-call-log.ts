import type { DatabaseSync } from "node:sqlite";
import type { Kysely } from "kysely";
import type { Clock, Timer } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import { Refusal } from "../../base/refusal.ts";
import type { CallLog, CallPage, CallQuery, CallRecord } from "../../calls/call-log.ts";
import { callRow, readCall } from "../call-rows.ts";
import type { Schema } from "../schema.ts";
import { isStorageRefusal, storageRefusal } from "./storage-fault.ts";
import { TableWriter } from "./table-writer.ts";
import type { TransactionQueue } from "./transaction-queue.ts";

export interface CallLogLimits {
  /** Records that may wait for the disk; what comes beyond is dropped and counted. */
  readonly waiting: number;
  /** Records written in one transaction. */
  readonly batch: number;
  /** How long a record waits for others to share its sync with. */
  readonly delayMs: number;
  /** How long is waited after the disk took none. */
  readonly retryMs: number;
  /** Records older than this are removed. */
  readonly keepDays: number;
  /** Records kept at the most, the latest. */
  readonly keepCalls: number;
}

export const defaultCallLogLimits: CallLogLimits = {
  waiting: 10_000,
  batch: 500,
  delayMs: 200,
  retryMs: 5_000,
  keepDays: 90,
  keepCalls: 1_000_000,
};

const dayMs = 86_400_000;
const pruneEveryMs = 3_600_000;
const pageLimit = 1000;

/** Keeps the call log in SQLite, written behind: a call never waits for the disk. */
export class SqliteCallLog implements CallLog {
  readonly #database: Kysely<Schema>;
  readonly #queue: TransactionQueue;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #limits: CallLogLimits;
  readonly #writer: TableWriter<"call">;
  #waiting: CallRecord[] = [];
  #writing: Promise<void> | undefined;
  #writeTimer: Timer | undefined;
  #pruneTimer: Timer;
  #dropped = 0;
  #closed = false;

  constructor(options: {
    readonly handle: DatabaseSync;
    readonly database: Kysely<Schema>;
    readonly queue: TransactionQueue;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly limits?: Partial<CallLogLimits>;
  }) {
    this.#database = options.database;
    this.#queue = options.queue;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#limits = { ...defaultCallLogLimits, ...options.limits };
    this.#writer = new TableWriter(options.handle, options.database, "call", ["id"], callColumns);
    this.#pruneTimer = this.#pruneLater();
  }

  get dropped(): number {
    return this.#dropped;
  }

  record(call: CallRecord): void {
    if (this.#closed || this.#waiting.length >= this.#limits.waiting) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(call);
    this.#writeTimer ??= this.#clock.after(this.#limits.delayMs, () => void this.flush());
  }

  async flush(): Promise<void> {
    this.#writeTimer?.cancel();
    this.#writeTimer = undefined;
    // Who comes while a batch is under way waits for it, and then for the rest.
    while (this.#writing !== undefined) await this.#writing;
    if (this.#waiting.length === 0) return;
    this.#writing = this.#writeAll();
    await this.#writing;
  }

  async find(query: CallQuery): Promise<CallPage> {
    const limit = Math.min(Math.max(1, Math.trunc(query.limit ?? 100)), pageLimit);
    await this.flush();
    let select = this.#database
      .selectFrom("call")
      .selectAll()
      .orderBy("started_at", "desc")
      .orderBy("id", "desc")
      .limit(limit + 1);
    if (query.lines !== undefined) select = select.where("line", "in", query.lines);
    if (query.caller !== undefined) select = select.where("caller", "=", query.caller);
    if (query.callerClass !== undefined) select = select.where("caller_class", "=", query.callerClass);
    if (query.action !== undefined) select = select.where("action", "=", query.action);
    if (query.from !== undefined) select = select.where("started_at", ">=", query.from);
    if (query.until !== undefined) select = select.where("started_at", "<", query.until);
    if (query.after !== undefined) {
      const { startedAt, id } = parsePlace(query.after);
      select = select.where((where) =>
        where(where.refTuple("started_at", "id"), "<", where.tuple(startedAt, id)),
      );
    }
    let rows;
    try {
      rows = await select.execute();
    } catch (failure) {
      throw storageRefusal(failure, "The call log cannot be read");
    }
    const calls = rows.slice(0, limit).map(readCall);
    const last = calls.at(-1);
    return rows.length > limit && last !== undefined ? { calls, next: placeOf(last) } : { calls };
  }

  /** Removes what is too old or too much. Done every hour; resolves when it is done. */
  async prune(): Promise<void> {
    const oldest = this.#clock.wallTime() - this.#limits.keepDays * dayMs;
    const firstTooMany = await this.#database
      .selectFrom("call")
      .select(["started_at", "id"])
      .orderBy("started_at", "desc")
      .orderBy("id", "desc")
      .limit(1)
      .offset(this.#limits.keepCalls)
      .executeTakeFirst();
    let removed: bigint;
    do {
      const result = await this.#database
        .deleteFrom("call")
        .where("id", "in", (inner) =>
          inner
            .selectFrom("call")
            .select("id")
            .where((where) =>
              firstTooMany === undefined
                ? where("started_at", "<", oldest)
                : where.or([
                    where("started_at", "<", oldest),
                    where(
                      where.refTuple("started_at", "id"),
                      "<=",
                      where.tuple(firstTooMany.started_at, firstTooMany.id),
                    ),
                  ]),
            )
            .limit(this.#limits.batch),
        )
        .executeTakeFirst();
      removed = result.numDeletedRows;
    } while (removed > 0n);
  }

  /** Writes what waits and takes no more. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#pruneTimer.cancel();
    await this.flush();
    this.#writeTimer?.cancel();
    this.#dropped += this.#waiting.length;
    this.#waiting = [];
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#limits.batch);
      try {
        await this.#queue.submit(() => this.#write(batch));
      } catch (failure) {
        if (this.#keepForLater(batch, failure)) break;
      }
    }
    this.#writing = undefined;
  }

  #write(batch: readonly CallRecord[]): Iterable<void> {
    for (const call of batch) this.#writer.put(callRow(call));
    return [];
  }

  /** The disk may heal: what it did not take is tried again, as much as may wait. Anything else is a bug: dropped. */
  #keepForLater(batch: readonly CallRecord[], failure: unknown): boolean {
    if (!isStorageRefusal(failure)) {
      this.#dropped += batch.length;
      this.#logger.error({ calls: batch.length, failure }, "calls could not be written to the log");
      return false;
    }
    const waiting = [...batch, ...this.#waiting];
    this.#waiting = waiting.slice(0, this.#limits.waiting);
    this.#dropped += waiting.length - this.#waiting.length;
    if (!this.#closed) {
      this.#writeTimer ??= this.#clock.after(this.#limits.retryMs, () => void this.flush());
    }
    return true;
  }

  #pruneLater(): Timer {
    return this.#clock.after(pruneEveryMs, () => {
      this.prune().catch((failure: unknown) => {
        this.#logger.warn({ failure }, "old calls could not be removed from the log");
      });
      this.#pruneTimer = this.#pruneLater();
    });
  }
}

const callColumns = [
  "started_at",
  "line",
  "caller",
  "caller_class",
  "called",
  "line_state",
  "action",
  "target",
  "rule_owner",
  "rule_when",
  "rule_callers",
  "status",
  "reasons",
  "ended_as",
  "duration_ms",
] as const;

/** A record's place in the log's order. */
function placeOf(call: CallRecord): string {
  return `${Math.round(call.startedAt)}-${call.id}`;
}

function parsePlace(text: string): { readonly startedAt: number; readonly id: string } {
  const match = /^(\d{1,15})-(.+)$/s.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) {
    const message = "is not what a page of the call log gave as `next`";
    throw new Refusal("invalid-input", `\`after\` ${message}`, [{ path: "after", message }]);
  }
  return { startedAt: Number(match[1]), id: match[2] };
}
