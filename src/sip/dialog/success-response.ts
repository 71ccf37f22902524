import type { Clock, Timer } from "../../base/clock.ts";
import { Machine, to } from "../transaction/machine.ts";
import type { Figure } from "../transaction/machine.ts";
import { T1, T2 } from "../transaction/timers.ts";

export type State = "unacknowledged" | "acknowledged" | "unanswered" | "closed";

export interface Inputs {
  "repeat is due": undefined;
  ACK: undefined;
  "time is up": undefined;
  close: undefined;
}

// RFC 3261 §13.3.1.4: the INVITE's transaction ends with the 2xx, so it is the core that repeats it until the ACK, over
// reliable transports too: a hop behind the next may be an unreliable one.
export const figure: Figure<State, Inputs, SuccessResponse> = {
  unacknowledged: {
    "repeat is due": to("unacknowledged", sendAgain, waitTwiceAsLong),
    ACK: to("acknowledged", stopTimers, tellAcknowledged),
    "time is up": to("unanswered", stopTimers, tellUnanswered),
    close: to("closed", stopTimers),
  },
  acknowledged: {
    // Each copy of the 2xx draws an ACK.
    ACK: to("acknowledged"),
  },
  unanswered: {},
  closed: {},
};

function sendAgain(success: SuccessResponse): void {
  success.user.send();
}

function waitTwiceAsLong(success: SuccessResponse): void {
  success.waitMs = Math.min(2 * success.waitMs, T2);
  success.startRepeatTimer();
}

function stopTimers(success: SuccessResponse): void {
  success.stopTimers();
}

function tellAcknowledged(success: SuccessResponse): void {
  success.user.acknowledged();
}

function tellUnanswered(success: SuccessResponse): void {
  success.user.unanswered();
}

/** Who has answered a call. */
export interface SuccessResponseUser {
  /** Sends the 2xx, each time the same. */
  send(): void;
  acknowledged(): void;
  /** No ACK within 64*T1 (32 s). RFC 3261 §13.3.1.4: the dialog is confirmed, and is to be ended with a BYE. */
  unanswered(): void;
}

/** A 2xx to INVITE on its way: sent at construction and again until it is acknowledged. One of the last three is told. */
export class SuccessResponse {
  readonly user: SuccessResponseUser;
  waitMs = T1;
  readonly #clock: Clock;
  readonly #machine: Machine<State, Inputs, SuccessResponse>;
  readonly #deadline: Timer;
  #repeat: Timer | undefined;

  constructor(clock: Clock, user: SuccessResponseUser) {
    this.user = user;
    this.#clock = clock;
    this.#machine = new Machine<State, Inputs, SuccessResponse>(figure, "unacknowledged", this, {
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

  /** The ACK came, perhaps not for the first time. */
  acknowledge(): void {
    this.handle("ACK");
  }

  /** Stops repeating and tells nobody. Idempotent. */
  close(): void {
    this.handle("close");
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

  /** For timers and tests; false when nothing came of it. */
  handle(event: keyof Inputs): boolean {
    return this.#machine.handle(event, undefined);
  }
}
