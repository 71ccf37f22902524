/**
 * The order of changes. Those of one owner wait for each other, so that each sees what the one before left; those of
 * different owners go on side by side and share a sync. A change of the whole waits for all, and all wait for it.
 */
export class ChangeOrder {
  readonly #lanes = new Map<string, Promise<unknown>>();
  #whole: Promise<unknown> = Promise.resolve();

  /** Runs when all earlier changes of this lane and of the whole are done, whether they failed or not. */
  inLane<Value>(lane: string, run: () => Promise<Value>): Promise<Value> {
    const before = [this.#whole, this.#lanes.get(lane) ?? Promise.resolve()];
    const done = Promise.allSettled(before).then(run);
    this.#lanes.set(lane, done);
    const forget = () => {
      if (this.#lanes.get(lane) === done) this.#lanes.delete(lane);
    };
    done.then(forget, forget);
    return done;
  }

  /** Runs when all earlier changes are done; later ones wait for it. */
  alone<Value>(run: () => Promise<Value>): Promise<Value> {
    const done = Promise.allSettled([this.#whole, ...this.#lanes.values()]).then(run);
    this.#whole = done;
    return done;
  }
}
