import type { Clock } from "../base/clock.ts";

/**
 * How many requests may leave in a second: a bucket of tokens. The answer to a challenge cannot wait, so it may run up a
 * debt that those who begin later pay off. Bucket and inflow together are the rate, so that no second, wherever it is
 * laid, sees more (but for answers on their way when it began).
 */
export class RegisterPace {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #perMs: number;
  #tokens: number;
  #countedAt: number;

  constructor(ratePerSecond: number, clock: Clock) {
    this.#clock = clock;
    this.#capacity = Math.max(1, ratePerSecond / 10);
    this.#perMs = (this.#capacity > 1 ? ratePerSecond - this.#capacity : ratePerSecond) / 1000;
    this.#tokens = this.#capacity;
    this.#countedAt = clock.now();
  }

  /** A request leaves. */
  charge(): void {
    this.#count();
    this.#tokens--;
  }

  /** How long until the next one may begin; 0: at once. */
  delayMs(): number {
    this.#count();
    return this.#tokens >= 1 ? 0 : (1 - this.#tokens) / this.#perMs;
  }

  #count(): void {
    const now = this.#clock.now();
    this.#tokens = Math.min(this.#capacity, this.#tokens + (now - this.#countedAt) * this.#perMs);
    this.#countedAt = now;
  }
}
