/** Something that was set to happen later; `cancel` is idempotent and harmless after it has run. */
export interface Timer {
  cancel(): void;
}

/** Time is given in, so that tests never sleep. */
export interface Clock {
  /** Milliseconds on a clock that never jumps; for intervals and deadlines. */
  now(): number;
  /** Milliseconds since 1970; for what people read and for validity that a calendar rules. */
  wallTime(): number;
  /** Runs `run` once after `delayMs`. Does not keep the process alive. */
  after(delayMs: number, run: () => void): Timer;
}

/** setTimeout takes 32 bits; what is later is reached in hops. */
const longestDelayMs = 2 ** 31 - 1;

class SystemTimer implements Timer {
  #handle: NodeJS.Timeout | undefined;

  constructor(delayMs: number, run: () => void) {
    this.#start(Math.max(0, delayMs), run);
  }

  cancel(): void {
    clearTimeout(this.#handle);
    this.#handle = undefined;
  }

  #start(delayMs: number, run: () => void): void {
    const hopMs = Math.min(delayMs, longestDelayMs);
    this.#handle = setTimeout(() => {
      if (delayMs > hopMs) this.#start(delayMs - hopMs, run);
      else run();
    }, hopMs);
    this.#handle.unref();
  }
}

/** The machine's own clock: monotonic for intervals (RFC 3261 timers must not follow a clock that was set). */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  after: (delayMs, run) => new SystemTimer(delayMs, run),
};
