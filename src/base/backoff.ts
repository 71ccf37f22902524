import type { RandomSource } from "./random.ts";

export interface BackoffLimits {
  readonly baseMs: number;
  readonly maximumMs: number;
}

/**
 * How long to wait after the given number of failures in a row.
 * RFC 5626 §4.5: an upper bound that doubles with each failure up to a maximum; the wait is
 * drawn evenly from between half the bound and the bound.
 */
export function backoffDelayMs(failures: number, limits: BackoffLimits, random: RandomSource): number {
  const boundMs = Math.min(limits.maximumMs, limits.baseMs * 2 ** Math.min(failures, 30));
  return boundMs * (0.5 + random.fraction() / 2);
}
