import { Worker } from "node:worker_threads";
import type { Clock, Timer } from "../../base/clock.ts";
import type { LogFields, Logger } from "../../base/logger.ts";
import { Refusal } from "../../base/refusal.ts";
import type { CallLog, CallPage, CallQuery, CallRecord } from "../../calls/call-log.ts";
import type { CallLogWorkerData, FromCallLogWorker, ToCallLogWorker } from "./call-log-messages.ts";

export interface BackgroundCallLogOptions {
  /** A data folder whose database is open already, with its tables made. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: Partial<BackgroundLimits>;
}

export interface BackgroundLimits {
  /** Records on their way to the disk; what comes beyond is dropped and counted. */
  readonly waiting: number;
  /** How long records wait for others to share the way to the thread with. */
  readonly delayMs: number;
}

export const backgroundLimits: BackgroundLimits = { waiting: 50_000, delayMs: 50 };
/** A thread that died is followed by another, but not in a tight loop. */
const restartMs = 5_000;

interface Question {
  readonly resolve: (answer: FromCallLogWorker) => void;
  readonly reject: (error: Error) => void;
}

/** The call log in a thread of its own: what a call costs here is an entry in a list. */
export class BackgroundCallLog implements CallLog {
  readonly #options: BackgroundCallLogOptions;
  readonly #limits: BackgroundLimits;
  readonly #questions = new Map<number, Question>();
  #worker: Worker | undefined;
  #waiting: CallRecord[] = [];
  /** Sent and not on disk yet. */
  #underWay = 0;
  #timer: Timer | undefined;
  #droppedHere = 0;
  #droppedThere = 0;
  #lastQuestion = 0;
  #closed: Promise<void> | undefined;

  constructor(options: BackgroundCallLogOptions) {
    this.#options = options;
    this.#limits = { ...backgroundLimits, ...options.limits };
    this.#worker = this.#start();
  }

  get dropped(): number {
    return this.#droppedHere + this.#droppedThere;
  }

  record(call: CallRecord): void {
    if (this.#closed !== undefined || this.#waiting.length + this.#underWay >= this.#limits.waiting) {
      this.#droppedHere++;
      return;
    }
    this.#waiting.push(call);
    this.#timer ??= this.#options.clock.after(this.#limits.delayMs, () => this.#send());
  }

  async find(query: CallQuery): Promise<CallPage> {
    this.#send();
    const answer = await this.#ask((id) => ({ kind: "find", id, query }));
    if (answer.kind !== "found") throw new Error("the call log's thread answered another question");
    return answer.page;
  }

  async flush(): Promise<void> {
    this.#send();
    await this.#ask((id) => ({ kind: "flush", id }));
  }

  /** Writes what waits and ends the thread. Idempotent. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#send();
    await this.#ask((id) => ({ kind: "close", id })).catch((error: unknown) => {
      this.#options.logger.warn({ error }, "the call log ended before it was written to the end");
    });
    await this.#worker?.terminate();
  }

  #send(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#waiting.length === 0 || this.#worker === undefined) return;
    const calls = this.#waiting;
    this.#waiting = [];
    this.#underWay += calls.length;
    this.#tell({ kind: "record", calls });
  }

  #ask(question: (id: number) => ToCallLogWorker): Promise<FromCallLogWorker> {
    if (this.#worker === undefined) return Promise.reject(unavailable());
    const id = ++this.#lastQuestion;
    return new Promise((resolve, reject) => {
      this.#questions.set(id, { resolve, reject });
      this.#tell(question(id));
    });
  }

  #tell(message: ToCallLogWorker): void {
    this.#worker?.postMessage(message);
  }

  #start(): Worker {
    const workerData: CallLogWorkerData = { folder: this.#options.folder };
    const worker = new Worker(new URL("call-log-worker.ts", import.meta.url), { workerData });
    worker.unref();
    worker.on("message", (message: FromCallLogWorker) => this.#hear(message));
    worker.on("error", (error) => this.#options.logger.error({ error }, "the call log's thread failed"));
    worker.on("exit", () => this.#ended(worker));
    return worker;
  }

  #hear(message: FromCallLogWorker): void {
    switch (message.kind) {
      case "taken":
        this.#underWay -= message.count;
        this.#droppedThere = message.dropped;
        return;
      case "log":
        this.#options.logger[message.level](message.fields as LogFields, message.message);
        return;
      case "done":
        this.#droppedThere = message.dropped;
        this.#answer(message.id, (question) => question.resolve(message));
        return;
      case "found":
        this.#answer(message.id, (question) => question.resolve(message));
        return;
      case "refused": {
        const { code, message: text, faults } = message.refusal;
        this.#answer(message.id, (question) => question.reject(new Refusal(code, text, faults)));
      }
    }
  }

  #answer(id: number, how: (question: Question) => void): void {
    const question = this.#questions.get(id);
    this.#questions.delete(id);
    if (question !== undefined) how(question);
  }

  /** What was under way is lost and counted; calls go on without their log until another thread is there. */
  #ended(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#droppedHere += this.#underWay + this.#droppedThere;
    this.#underWay = this.#droppedThere = 0;
    for (const { reject } of this.#questions.values()) reject(unavailable());
    this.#questions.clear();
    if (this.#closed !== undefined) return;
    this.#options.clock.after(restartMs, () => {
      if (this.#closed === undefined) this.#worker = this.#start();
    });
  }
}

function unavailable(): Refusal {
  return new Refusal("storage-unavailable", "The call log is not available at the moment.");
}
