import type { RandomSource } from "../../base/random.ts";

/**
 * The least that the configuration may ask for. A registrar that grants less does not make us send more often than
 * this, and none is believed for longer than a day.
 */
const shortestSeconds = 5;
const longestSeconds = 86_400;

/** Room for a try that gets no answer (timer F, 32 s) and some of the next. */
const reserveSeconds = 40;

/** What is believed of a granted time. */
export function boundedExpiresSeconds(grantedSeconds: number): number {
  return Math.min(grantedSeconds, longestSeconds);
}

/**
 * How long after its registration a binding is refreshed: between 60 and 90 % of its time, drawn evenly so that lines
 * that came together part, and at least 40 s before its end where that is possible.
 */
export function refreshDelayMs(grantedSeconds: number, random: RandomSource): number {
  const granted = boundedExpiresSeconds(grantedSeconds);
  if (granted < shortestSeconds) return shortestSeconds * 1000;
  const latest = Math.max(granted / 2, Math.min(granted * 0.9, granted - reserveSeconds));
  const earliest = Math.min(granted * 0.6, latest);
  return (earliest + (latest - earliest) * random.fraction()) * 1000;
}
