/** The signals that ask a program to stop: the first asks, a second one insists. */
import { constants } from "node:os";
import type { Clock } from "./clock.ts";

const signals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
type Signal = (typeof signals)[number];

/** Who hears of signals: the process. */
export interface SignalSource {
  on(signal: Signal, handler: () => void): unknown;
  off(signal: Signal, handler: () => void): unknown;
}

/**
 * Ctrl-C reaches the whole process group, and npm, which is in it, passes it on to its children besides: what comes
 * within this time of the first is the same wish.
 */
const sameWishMs = 1000;

/** Listens from its creation on, so that a signal is heard while the program still starts. */
export class StopSignals {
  /** Resolves at the first signal. */
  readonly first: Promise<void>;
  /** What SIGHUP asks for instead of the end; undefined: it asks to stop like the others. */
  onHangUp: (() => void) | undefined;
  readonly #clock: Clock;
  readonly #program: SignalSource;
  readonly #exit: (status: number) => void;
  readonly #handlers = signals.map((signal) => [signal, (): void => this.#handle(signal)] as const);
  #firstAt: number | undefined;
  #tell: () => void = () => {};

  /** `exit` is called at the second wish, with the status that shells give to a program that the signal ended. */
  constructor(clock: Clock, program: SignalSource, exit: (status: number) => void) {
    this.#clock = clock;
    this.#program = program;
    this.#exit = exit;
    this.first = new Promise((resolve) => (this.#tell = resolve));
    for (const [signal, handler] of this.#handlers) program.on(signal, handler);
  }

  /** Leaves the signals to what they do by themselves. */
  close(): void {
    for (const [signal, handler] of this.#handlers) this.#program.off(signal, handler);
  }

  #handle(signal: Signal): void {
    if (signal === "SIGHUP" && this.onHangUp !== undefined) {
      this.onHangUp();
      return;
    }
    const now = this.#clock.now();
    if (this.#firstAt === undefined) {
      this.#firstAt = now;
      this.#tell();
    } else if (now - this.#firstAt >= sameWishMs) {
      this.#exit(128 + constants.signals[signal]);
    }
  }
}
