import type { Clock, Timer } from "../../base/clock.ts";
import { fail, succeed } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";
import type { DnsAnswer, DnsFailure, DnsLookup } from "./resolver.ts";

export interface RecordCacheLimits {
  /** Names remembered; above it the one that was asked for least recently goes. */
  readonly names: number;
  /** Questions under way at once; above it there is no answer but an old one. */
  readonly questions: number;
  /** How long a question may take. */
  readonly deadlineMs: number;
  /** How long an old answer is held back in the hope of a new one. */
  readonly patienceMs: number;
  /** How long DNS is left alone about a name after it failed. */
  readonly afterFailureMs: number;
  /** How long an answer outlives its TTL when DNS does not renew it. */
  readonly lastGoodMs: number;
  /** The span to which a TTL is held: below it a burst of calls would be a burst of questions. */
  readonly ttlSeconds: { readonly least: number; readonly most: number };
}

/**
 * 8 s let a resolver that takes 5 s for an answer still be of use. RFC 8767 §5 advises 1.8 s of patience, and one to three
 * days for old answers; a call that waits for 1 s is felt, and a PBX that moved should not be looked for in vain for days.
 */
export const recordCacheLimits: RecordCacheLimits = {
  names: 5000,
  questions: 500,
  deadlineMs: 8000,
  patienceMs: 1000,
  afterFailureMs: 10_000,
  lastGoodMs: 24 * 60 * 60_000,
  ttlSeconds: { least: 1, most: 3600 },
};

type Outcome<DnsRecord> = Result<DnsAnswer<DnsRecord>, DnsFailure>;

interface Entry<DnsRecord> {
  answer?: DnsAnswer<DnsRecord>;
  freshUntil: number;
  failure?: DnsFailure;
  /** After a failure: DNS is not asked before. */
  retryAt: number;
  pending?: Promise<Outcome<DnsRecord>>;
}

/**
 * Answers of one record type by name. An answer is kept for its TTL; when DNS then fails or takes its time, the last good
 * one is handed out on and DNS is asked behind its back (RFC 8767). Whoever asks for a name at the same time shares one question.
 */
export class RecordCache<DnsRecord> {
  readonly #ask: (name: string) => DnsLookup<DnsRecord>;
  readonly #clock: Clock;
  readonly #limits: RecordCacheLimits;
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry<DnsRecord>>();
  #questions = 0;

  constructor(ask: (name: string) => DnsLookup<DnsRecord>, clock: Clock, limits: RecordCacheLimits) {
    this.#ask = ask;
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Never rejects; answers within the deadline of the limits. */
  lookUp(name: string): DnsLookup<DnsRecord> {
    const now = this.#clock.now();
    const entry = this.#entryOf(name);
    if (entry.answer !== undefined && now < entry.freshUntil) return Promise.resolve(succeed(entry.answer));

    const lastGood = this.#lastGood(entry, now);
    if (entry.pending === undefined) {
      if (entry.failure !== undefined && now < entry.retryAt) {
        return Promise.resolve(lastGood ?? fail(entry.failure));
      }
      if (this.#questions >= this.#limits.questions) {
        return Promise.resolve(lastGood ?? fail("too many DNS questions are under way"));
      }
      entry.pending = this.#question(name, entry);
    }
    return lastGood === undefined ? entry.pending : this.#waitBriefly(entry.pending, lastGood);
  }

  #entryOf(name: string): Entry<DnsRecord> {
    const key = name.toLowerCase();
    const entry = this.#entries.get(key) ?? { freshUntil: 0, retryAt: 0 };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size > this.#limits.names) {
      const [leastRecent] = this.#entries.keys();
      if (leastRecent !== undefined) this.#entries.delete(leastRecent);
    }
    return entry;
  }

  #lastGood(entry: Entry<DnsRecord>, now: number): Outcome<DnsRecord> | undefined {
    const isKept = entry.answer !== undefined && now < entry.freshUntil + this.#limits.lastGoodMs;
    return isKept && entry.answer !== undefined && entry.answer.records.length > 0
      ? succeed(entry.answer)
      : undefined;
  }

  /** Settles with the answer or at the deadline. An answer that comes later still is kept for the next who asks. */
  #question(name: string, entry: Entry<DnsRecord>): Promise<Outcome<DnsRecord>> {
    this.#questions++;
    let isAwaited = true;
    return new Promise((resolve) => {
      const deadline = this.#clock.after(this.#limits.deadlineMs, () => {
        finish(fail(`DNS gave no answer for ${name} within ${this.#limits.deadlineMs / 1000} s`));
      });
      const finish = (outcome: Outcome<DnsRecord>) => {
        if (isAwaited) {
          isAwaited = false;
          delete entry.pending;
          this.#questions--;
        }
        deadline.cancel();
        this.#remember(entry, outcome);
        resolve(outcome.ok ? outcome : (this.#lastGood(entry, this.#clock.now()) ?? outcome));
      };
      void this.#ask(name).then(finish);
    });
  }

  #remember(entry: Entry<DnsRecord>, outcome: Outcome<DnsRecord>): void {
    const now = this.#clock.now();
    if (outcome.ok) {
      const { least, most } = this.#limits.ttlSeconds;
      entry.answer = outcome.value;
      entry.freshUntil = now + 1000 * Math.min(most, Math.max(least, outcome.value.ttlSeconds));
      delete entry.failure;
    } else {
      entry.failure = outcome.failure;
      entry.retryAt = now + this.#limits.afterFailureMs;
    }
  }

  #waitBriefly(
    pending: Promise<Outcome<DnsRecord>>,
    lastGood: Outcome<DnsRecord>,
  ): Promise<Outcome<DnsRecord>> {
    let patience: Timer | undefined;
    return new Promise((resolve) => {
      patience = this.#clock.after(this.#limits.patienceMs, () => resolve(lastGood));
      void pending.then((outcome) => {
        patience?.cancel();
        resolve(outcome);
      });
    });
  }
}
