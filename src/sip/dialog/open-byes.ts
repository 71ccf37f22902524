import type { Clock } from "../../base/clock.ts";

/** BYEs on their way: who stops waits until they have been heard. */
export class OpenByes {
  readonly #clock: Clock;
  #count = 0;
  #onNone: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One is sent; to be called when it is answered, or never will be. */
  sent(): () => void {
    this.#count++;
    return () => {
      this.#count--;
      if (this.#count === 0) this.#onNone?.();
    };
  }

  /** Resolves when none is open any more, or after `withinMs`. */
  async none(withinMs: number): Promise<void> {
    if (this.#count === 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(withinMs, resolve);
      this.#onNone = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}
