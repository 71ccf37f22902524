import type { Clock, Timer } from "../../base/clock.ts";
import { Machine, to } from "../transaction/machine.ts";
import type { Figure } from "../transaction/machine.ts";
import { T1 } from "../transaction/timers.ts";

export type State = "unacknowledged" | "acknowledged" | "overtaken" | "unanswered" | "closed";

export interface Inputs {
  "repeat is due": undefined;
  PRACK: undefined;
  "time is up": undefined;
  "final response": undefined;
  close: undefined;
}

// RFC 3262 §3: repeated until its PRACK, at doubling distance without a bound, for 64*T1 at the most; what a final
// response has overtaken is repeated no more, and its PRACK is still a good one.
export const figure: Figure<State, Inputs, ReliableProvisional> = {
  unacknowledged: {
    "repeat is due": to("unacknowledged", sendAgain, waitTwiceAsLong),
    PRACK: to("acknowledged", stopTimers, tellAcknowledged),
    "time is up": to("unanswered", stopTimers, tellUnanswered),
    "final response": to("overtaken", stopTimers),
    close: to("closed", stopTimers),
  },
  acknowledged: {},
  overtaken: {
    PRACK: to("acknowledged", tellAcknowledged),
    close: to("closed"),
  },
  unanswered: {},
  closed: {},
};

function sendAgain(provisional: ReliableProvisional): void {
  provisional.user.send();
}

function waitTwiceAsLong(provisional: ReliableProvisional): void {
  provisional.waitMs *= 2;
  provisional.startRepeatTimer();
}

function stopTimers(provisional: ReliableProvisional): void {
  provisional.stopTimers();
}

function tellAcknowledged(provisional: ReliableProvisional): void {
  provisional.user.acknowledged();
}

function tellUnanswered(provisional: ReliableProvisional): void {
  provisional.user.unanswered();
}

/** Who sends a provisional response reliably. */
export interface ReliableProvisionalUser {
  /** Sends it, each time the same. */
  send(): void;
  acknowledged(): void;
  /** No PRACK within 64*T1 (32 s). */
  unanswered(): void;
}

/** A reliable provisional response on its way: sent at construction, and again until its PRACK. */
export class ReliableProvisional {
  readonly user: ReliableProvisionalUser;
  waitMs = T1;
  readonly #clock: Clock;
  readonly #machine: Machine<State, Inputs, ReliableProvisional>;
  readonly #deadline: Timer;
  #repeat: Timer | undefined;

  constructor(clock: Clock, user: ReliableProvisionalUser) {
    this.user = user;
    this.#clock = clock;
    this.#machine = new Machine<State, Inputs, ReliableProvisional>(figure, "unacknowledged", this, {
      entered() {},
      ignored() {},
    });
    this.#deadline = clock.after(64 * T1, () => this.handle("time is up"));
    user.send();
    this.startRepeatTimer();
  }

  get state(): State {
    return this.#machine.state;
  }

  /** For the figure. */
  startRepeatTimer(): void {
    this.#repeat = this.#clock.after(this.waitMs, () => this.handle("repeat is due"));
  }

  /** For the figure. */
  stopTimers(): void {
    this.#repeat?.cancel();
    this.#deadline.cancel();
  }

  /** What has happened to it; false when nothing came of that. */
  handle(event: keyof Inputs): boolean {
    return this.#machine.handle(event, undefined);
  }
}
