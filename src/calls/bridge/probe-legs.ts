/**
 * Whether the ends of a call are still there: both are asked with OPTIONS now and then, so that a call which they have
 * left without a BYE does not stay for good. A refresh of the call (RFC 4028) that came through tells the same of both,
 * so ends that refresh it often enough are never asked.
 */
import type { Clock, Timer } from "../../base/clock.ts";
import type { Flow, RequestOutcome } from "../../sip/user-agent.ts";
import type { Leg } from "./leg.ts";
import { isGone } from "./pass-request.ts";

/**
 * How long nothing may be heard of the ends until they are asked. With the 32 s that an answer may take, one that has gone
 * is found out within two minutes, as with RFC 5626's keep-alives.
 */
export const probeEveryMs = 80_000;

/** How soon it is noticed that the connection to an end has closed, which may mean that the end has gone. */
export const lookEveryMs = 5_000;

/**
 * How long a phone whose connection has closed may take to come back by another: the call waits for it.
 * RFC 5626 §4.5: a phone that has lost all its flows tries again within a minute.
 */
export const reconnectMs = 64_000;

export interface LegProbesOptions {
  readonly clock: Clock;
  readonly legs: readonly Leg[];
  /** An end is there no more. May be told for each leg. */
  readonly onLost: () => void;
}

/** Asks both ends until `close`; holds one timer. */
export class LegProbes {
  readonly #options: LegProbesOptions;
  /** Connections that have closed, and whose ends have been asked because of that. */
  readonly #closed = new WeakSet<Flow>();
  /** When a phone was first found without its connection. */
  readonly #awaySince = new WeakMap<Flow, number>();
  /** When the ends were asked last, or else heard of. */
  #heardAt: number;
  #timer: Timer;

  constructor(options: LegProbesOptions) {
    this.#options = options;
    this.#heardAt = options.clock.now();
    this.#timer = this.#wait();
  }

  /** Both ends have just been heard of. */
  heard(): void {
    this.#heardAt = this.#options.clock.now();
  }

  /** Idempotent; a probe that is under way may still tell of a loss. */
  close(): void {
    this.#timer.cancel();
  }

  /** Datagrams have no connection that could close: then there is nothing to look at in between. */
  #wait(): Timer {
    const { clock, legs } = this.#options;
    const mayClose = legs.some(
      ({ session: { flow } }) => flow?.isReliable === true && !this.#closed.has(flow),
    );
    const leftMs = this.#heardAt + probeEveryMs - clock.now();
    return clock.after(mayClose ? Math.min(lookEveryMs, leftMs) : leftMs, () => this.#look());
  }

  #look(): void {
    const { clock, legs } = this.#options;
    const isDue = clock.now() - this.#heardAt >= probeEveryMs;
    if (isDue) this.heard();
    const present = legs.filter((leg) => !this.#isAway(leg));
    const gone = present.filter((leg) => this.#hasClosed(leg));
    // Before any is asked: what comes of it may close this.
    this.#timer = this.#wait();
    for (const leg of isDue ? present : gone) this.#ask(leg);
  }

  /** A phone that may still come back cannot be asked anything now. */
  #isAway({ session: { way } }: Leg): boolean {
    const flow = way?.isOnly === true ? way.flow : undefined;
    if (flow === undefined || flow.isOpen) return false;
    const now = this.#options.clock.now();
    const since = this.#awaySince.get(flow) ?? now;
    this.#awaySince.set(flow, since);
    return now - since < reconnectMs;
  }

  /** True once for each connection. */
  #hasClosed({ session: { flow } }: Leg): boolean {
    if (flow === undefined || flow.isOpen || this.#closed.has(flow)) return false;
    this.#closed.add(flow);
    return true;
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
