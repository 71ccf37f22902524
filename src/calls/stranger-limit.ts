/**
 * How many answers strangers get. UDP sources can be forged: nobody is banned, but what is sent to an address that
 * never asked is kept small, and a flood costs us a look at the clock and no more.
 */
export interface StrangerLimits {
  /** Answers a second to one address. */
  readonly perAddress: number;
  /** Answers a second to all strangers together. */
  readonly total: number;
  /** Addresses counted at the same time; beyond, the rest shares what is left of `total`. */
  readonly addresses: number;
}

export const strangerLimits: StrangerLimits = { perAddress: 20, total: 500, addresses: 10_000 };

/** Counts by the second; `now` is in milliseconds on a clock that never jumps. */
export class StrangerLimit {
  readonly #limits: StrangerLimits;
  readonly #answers = new Map<string, number>();
  #total = 0;
  #second = -1;

  constructor(limits: StrangerLimits = strangerLimits) {
    this.#limits = limits;
  }

  /** Whether one more answer may go to that address. */
  admits(address: string, now: number): boolean {
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#total = 0;
      this.#answers.clear();
    }
    if (this.#total >= this.#limits.total) return false;
    const answers = this.#answers.get(address) ?? 0;
    if (answers >= this.#limits.perAddress) return false;
    if (answers > 0 || this.#answers.size < this.#limits.addresses) this.#answers.set(address, answers + 1);
    this.#total++;
    return true;
  }
}
