import type { Clock, Timer } from "../../base/clock.ts";
import { Machine, to } from "../transaction/machine.ts";
import type { Figure } from "../transaction/machine.ts";

/** `untimed`: no interval holds. `running`: a refresh is awaited. */
export type State = "untimed" | "running" | "expired" | "closed";

export interface Inputs {
  /** A 2xx to INVITE or UPDATE agreed on so many seconds. */
  "interval agreed": number;
  /** A 2xx to INVITE or UPDATE agreed on none. */
  "none agreed": undefined;
  "time is up": undefined;
  close: undefined;
}

// RFC 4028 §8.3, §10: each refresh starts the interval anew, and without one the session is over at its end.
export const figure: Figure<State, Inputs, SessionTimer> = {
  untimed: {
    "interval agreed": to("running", start),
    close: to("closed"),
  },
  running: {
    "interval agreed": to("running", stop, start),
    "none agreed": to("untimed", stop),
    "time is up": to("expired", stop, tellExpired),
    close: to("closed", stop),
  },
  expired: {},
  closed: {},
};

function start(timer: SessionTimer, seconds: number): void {
  timer.start(seconds);
}

function stop(timer: SessionTimer): void {
  timer.stop();
}

function tellExpired(timer: SessionTimer): void {
  timer.onExpired();
}

/**
 * Watches a call whose ends refresh each other, so that one which both have forgotten does not stay (RFC 4028). The ends
 * give the call up by themselves a little before its interval ends (§10); this one waits until it has.
 */
export class SessionTimer {
  /** No refresh came in time: told once; both dialogs are to be ended. */
  readonly onExpired: () => void;
  readonly #clock: Clock;
  readonly #machine: Machine<State, Inputs, SessionTimer>;
  #timer: Timer | undefined;

  constructor(clock: Clock, onExpired: () => void) {
    this.onExpired = onExpired;
    this.#clock = clock;
    this.#machine = new Machine<State, Inputs, SessionTimer>(figure, "untimed", this, {
      entered() {},
      ignored() {},
    });
  }

  get state(): State {
    return this.#machine.state;
  }

  /** A 2xx to an INVITE or UPDATE of this call has passed; `seconds` as `agreeOnInterval` read it. */
  refreshed(seconds: number | undefined): void {
    if (seconds === undefined) this.handle("none agreed", undefined);
    else this.handle("interval agreed", seconds);
  }

  /** The call has ended. Idempotent. */
  close(): void {
    this.handle("close", undefined);
  }

  /** For timers and tests; false when nothing came of it. */
  handle<Event extends keyof Inputs>(event: Event, input: Inputs[Event]): boolean {
    return this.#machine.handle(event, input);
  }

  /** For the figure. */
  start(seconds: number): void {
    this.#timer = this.#clock.after(seconds * 1000, () => this.handle("time is up", undefined));
  }

  /** For the figure. */
  stop(): void {
    this.#timer?.cancel();
  }
}
