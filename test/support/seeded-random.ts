import type { RandomSource } from "../../src/base/random.ts";

/** Chance that repeats itself: the same seed gives the same tokens and fractions (mulberry32). */
export class SeededRandom implements RandomSource {
  #state: number;

  constructor(seed = 1) {
    this.#state = seed >>> 0;
  }

  fraction(): number {
    return this.#next() / 2 ** 32;
  }

  token(bits: number): string {
    let token = "";
    while (token.length < bits / 4) token += this.#next().toString(16).padStart(8, "0");
    return token.slice(0, bits / 4);
  }

  /** 32 even bits. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
}
