import { randomFillSync } from "node:crypto";

/** Chance is given in, so that tests can repeat it. */
export interface RandomSource {
  /** A token of `bits` random bits (a multiple of 8) in lower-case hexadecimal: fit for tags, branches, Call-IDs. */
  token(bits: number): string;
  /** Evenly spread in [0, 1). */
  fraction(): number;
}

const pool = Buffer.allocUnsafe(4096);
let used = pool.length;

/** Cryptographic randomness, drawn from the system a page at a time: a token costs a slice, no system call. */
export const systemRandom: RandomSource = {
  token(bits) {
    const length = bits >>> 3;
    if (used + length > pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const token = pool.toString("hex", used, used + length);
    used += length;
    return token;
  },
  fraction: () => Math.random(),
};
