import type { HeaderFields } from "../../sip/user-agent.ts";

/** How an offer that comes at a bad moment is refused. */
export interface OfferRefusal {
  readonly status: 491 | 500;
  readonly headers: HeaderFields;
}

/**
 * At most one offer is under way between the two ends of a call, in either direction (RFC 3261 §14.1, RFC 3311 §5.1).
 */
export class OfferExchange {
  /** Whose offer it is. */
  #from: object | undefined;
  #onAbort: (() => void) | undefined;
  /** Who makes an offer of our own as soon as that may be. */
  #waiting: (() => void) | undefined;

  /** Undefined: the end may make its offer now. */
  refusalFor(end: object): OfferRefusal | undefined {
    if (this.#from === undefined) return undefined;
    // RFC 3261 §14.2: the other end's is under way, and both wait a moment of their own choosing before they try again.
    if (this.#from !== end) return { status: 491, headers: [] };
    // RFC 3261 §14.2: its own first one is not answered yet.
    return { status: 500, headers: [["Retry-After", "2"]] };
  }

  /** `onAbort`: the call ends before the offer is answered. */
  begin(from: object, onAbort?: () => void): void {
    this.#from = from;
    this.#onAbort = onAbort;
  }

  end(): void {
    this.#from = undefined;
    this.#onAbort = undefined;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }

  /** Runs it when no offer is under way, which may be at once. One at a time waits; none does when the call ends. */
  whenFree(run: () => void): void {
    if (this.#from === undefined) run();
    else this.#waiting = run;
  }

  abort(): void {
    const onAbort = this.#onAbort;
    this.#waiting = undefined;
    this.end();
    onAbort?.();
  }
}
