import type { Clock, Timer } from "../../src/base/clock.ts";

interface Due {
  readonly at: number;
  readonly run: () => void;
}

/** A clock that stands still until a test moves it. What is due runs in the order of its time, then of its setting. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #wallTimeAtStart: number;
  /** In the order in which they run. */
  readonly #due: Due[] = [];

  /** `wallTimeAtStart`: milliseconds since 1970; a Tuesday noon unless given. */
  constructor(wallTimeAtStart = Date.UTC(2026, 0, 6, 12)) {
    this.#wallTimeAtStart = wallTimeAtStart;
  }

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#wallTimeAtStart + this.#now;
  }

  after(delayMs: number, run: () => void): Timer {
    const due: Due = { at: this.#now + Math.max(0, delayMs), run };
    this.#due.splice(this.#placeOf(due.at), 0, due);
    return {
      cancel: () => {
        const index = this.#due.indexOf(due);
        if (index >= 0) this.#due.splice(index, 1);
      },
    };
  }

  /** How many timers are set and have neither run nor been cancelled. */
  get pending(): number {
    return this.#due.length;
  }

  /** Moves the time on by `durationMs` and runs all that falls due, including what is set meanwhile. */
  advance(durationMs: number): void {
    const end = this.#now + durationMs;
    for (let next = this.#due[0]; next !== undefined && next.at <= end; next = this.#due[0]) {
      this.#due.shift();
      this.#now = next.at;
      next.run();
    }
    this.#now = end;
  }

  /** Like `advance`, but lets promises settle before the first timer and after each: for code that awaits between timers. */
  async advanceAsync(durationMs: number): Promise<void> {
    const end = this.#now + durationMs;
    await settle();
    for (let next = this.#due[0]; next !== undefined && next.at <= end; next = this.#due[0]) {
      this.#due.shift();
      this.#now = next.at;
      next.run();
      await settle();
    }
    this.#now = end;
  }

  /** The first place after all that is due at `at` or earlier. */
  #placeOf(at: number): number {
    let low = 0;
    let high = this.#due.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#due[middle]?.at ?? Infinity) <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** One turn of the event loop: every promise that can settle has settled. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
