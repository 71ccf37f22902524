/** Counts failures by address within a window; its memory is bounded. */
import type { Clock } from "../base/clock.ts";

export interface FailureLimitOptions {
  readonly clock: Clock;
  /** Failures that one address may have within a window. */
  readonly limit: number;
  readonly windowMs: number;
  /** Addresses remembered; the oldest gives way. */
  readonly capacity?: number;
}

export class FailureLimit {
  readonly #options: FailureLimitOptions;
  readonly #windows = new Map<string, { count: number; readonly endsAt: number }>();

  constructor(options: FailureLimitOptions) {
    this.#options = options;
  }

  /** Counts one more; false when the address is over the limit. */
  record(address: string): boolean {
    const now = this.#options.clock.now();
    const current = this.#windows.get(address);
    if (current && current.endsAt > now) return ++current.count <= this.#options.limit;
    this.#windows.delete(address);
    if (this.#windows.size >= (this.#options.capacity ?? 10_000)) {
      const oldest = this.#windows.keys().next().value;
      if (oldest !== undefined) this.#windows.delete(oldest);
    }
    this.#windows.set(address, { count: 1, endsAt: now + this.#options.windowMs });
    return this.#options.limit >= 1;
  }
}
