/**
 * Whether the ends of a call are still there, where they have agreed on no interval in which to refresh it (RFC 4028):
 * both are asked with OPTIONS now and then, so that a call which they have left without a BYE does not stay for good.
 */
import type { Clock, Timer } from "../base/clock.ts";
import type { RequestOutcome } from "../sip/user-agent.ts";
import type { Leg } from "./leg.ts";
import { isGone } from "./pass-request.ts";

/** How long an end may have gone unnoticed: rarely enough to be no burden, soon enough for a line not to stay busy. */
export const probeEveryMs = 5 * 60_000;

/** How soon it is noticed that the connection to an end has closed, which may mean that the end has gone. */
export const lookEveryMs = 5_000;

export interface LegProbesOptions {
  readonly clock: Clock;
  readonly legs: readonly Leg[];
  /** The ends refresh the call themselves: they are not asked. */
  readonly isRefreshed: () => boolean;
  /** An end is there no more. May be told for each leg. */
  readonly onLost: () => void;
}

/** Asks both ends until `close`; holds one timer. */
export class LegProbes {
  readonly #options: LegProbesOptions;
  /** Legs whose connection has closed, and which have been asked because of that. */
  readonly #closed = new Set<Leg>();
  #askedAt: number;
  #timer: Timer;

  constructor(options: LegProbesOptions) {
    this.#options = options;
    this.#askedAt = options.clock.now();
    this.#timer = this.#wait();
  }

  /** Idempotent; a probe that is under way may still tell of a loss. */
  close(): void {
    this.#timer.cancel();
  }

  /** Datagrams have no connection that could close: then there is nothing to look at in between. */
  #wait(): Timer {
    const { clock, legs } = this.#options;
    const mayClose = legs.some((leg) => leg.session.flow?.isReliable === true && !this.#closed.has(leg));
    const leftMs = this.#askedAt + probeEveryMs - clock.now();
    return clock.after(mayClose ? Math.min(lookEveryMs, leftMs) : leftMs, () => this.#look());
  }

  #look(): void {
    const { clock, legs, isRefreshed } = this.#options;
    const now = clock.now();
    const isDue = now - this.#askedAt >= probeEveryMs;
    if (isDue) this.#askedAt = now;
    // Before any is asked: what comes of it may close this.
    this.#timer = this.#wait();
    if (isRefreshed()) return;
    for (const leg of legs) {
      const hasClosed = leg.session.flow?.isOpen === false && !this.#closed.has(leg);
      if (hasClosed) this.#closed.add(leg);
      if (isDue || hasClosed) this.#ask(leg);
    }
  }

  #ask(leg: Leg): void {
    leg.session.request(
      "OPTIONS",
      {},
      {
        onOutcome: (outcome) => {
          if (isLost(outcome)) this.#options.onLost();
        },
      },
    );
  }
}

/** RFC 3261 §12.2.1.2: 481, 408 and silence end a dialog. Whatever else is said to OPTIONS is said by somebody. */
function isLost(outcome: RequestOutcome): boolean {
  return outcome.kind !== "response" || isGone(outcome.response.status);
}
