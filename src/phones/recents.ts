import type { Clock } from "../base/clock.ts";

/** Names that are remembered for a while; of too many the oldest go. */
export class Recents {
  readonly #clock: Clock;
  readonly #lifetimeMs: number;
  readonly #most: number;
  /** Name -> when it is forgotten; the oldest first. */
  readonly #until = new Map<string, number>();

  constructor(clock: Clock, lifetimeMs: number, most: number) {
    this.#clock = clock;
    this.#lifetimeMs = lifetimeMs;
    this.#most = most;
  }

  add(name: string): void {
    this.#until.delete(name);
    this.#until.set(name, this.#clock.now() + this.#lifetimeMs);
    const [oldest] = this.#until.keys();
    if (this.#until.size > this.#most && oldest !== undefined) this.#until.delete(oldest);
  }

  has(name: string): boolean {
    return (this.#until.get(name) ?? -Infinity) > this.#clock.now();
  }

  delete(name: string): void {
    this.#until.delete(name);
  }
}
