import type { Clock } from "../base/clock.ts";

/**
 * Something that is waited for, for so long at the most. Settles once; what comes later is not told. `cancel` is for
 * those who stop waiting for everything.
 */
export class Wait<Value> {
  readonly result: Promise<Value | undefined>;
  readonly #settle: (value: Value | undefined) => void;

  constructor(clock: Clock, withinMs: number) {
    let resolve: (value: Value | undefined) => void = () => {};
    this.result = new Promise((settled) => (resolve = settled));
    const timer = clock.after(withinMs, () => resolve(undefined));
    this.#settle = (value) => {
      timer.cancel();
      resolve(value);
    };
  }

  /** It is there. */
  fulfil(value: Value): void {
    this.#settle(value);
  }

  /** It will not come. Idempotent. */
  cancel(): void {
    this.#settle(undefined);
  }
}
