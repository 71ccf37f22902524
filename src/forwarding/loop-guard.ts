/**
 * What Divert itself remembers of its redirections. PBXs drop the headers that would tell a loop, and a loop was
 * seen to turn 250 times a second. Memory is bounded: under more load than it holds, it reaches back less far.
 */
import type { LoopMemory } from "./call-facts.ts";

/** For as long as this after a redirection the same call is not redirected from the same line again. */
export const sameCallMs = 32_000;
/** This many calls of one caller, sent from one line to one target within two seconds, are no people's calls. */
export const tooManySends = 10;
export const sendsWithinMs = 2000;

export interface LoopGuardLimits {
  /** Redirected calls remembered, at the most twice this number. */
  readonly calls: number;
  /** Lines with caller and target remembered, at the most twice this number. */
  readonly sends: number;
}

const defaultLimits: LoopGuardLimits = { calls: 200_000, sends: 50_000 };

/** Times are in milliseconds on a clock that never jumps. */
export class LoopGuard {
  readonly #calls: TwoGenerations<number>;
  readonly #sends: TwoGenerations<number[]>;

  constructor(limits: LoopGuardLimits = defaultLimits) {
    this.#calls = new TwoGenerations(limits.calls, sameCallMs);
    this.#sends = new TwoGenerations(limits.sends, sendsWithinMs);
  }

  /** What is remembered that concerns this call. An unknown caller is one caller: loops hide theirs too. */
  recall(line: string, callId: string, fromTag: string, caller: string, now: number): LoopMemory {
    const redirectedAt = this.#calls.get(fingerprint(line, callId, fromTag), now);
    return {
      redirectedJustNow: redirectedAt !== undefined && now - redirectedAt < sameCallMs,
      sentTooOften: (target) => this.#sentTooOften(fingerprint(line, caller, target), now),
    };
  }

  /** To be told of each call that is redirected or relayed. */
  remember(line: string, callId: string, fromTag: string, caller: string, target: string, now: number): void {
    this.#calls.set(fingerprint(line, callId, fromTag), now, now);
    const key = fingerprint(line, caller, target);
    const sends = this.#sends.get(key, now) ?? [];
    sends.push(now);
    if (sends.length > tooManySends) sends.shift();
    this.#sends.set(key, sends, now);
  }

  #sentTooOften(key: number, now: number): boolean {
    const sends = this.#sends.get(key, now);
    const first = sends?.[0];
    return first !== undefined && sends?.length === tooManySends && now - first < sendsWithinMs;
  }
}

/** A map that forgets: what was not set for one to two spans, or for `capacity` newer keys, is gone. No timer, no sweep. */
class TwoGenerations<Value> {
  readonly #capacity: number;
  readonly #spanMs: number;
  #young = new Map<number, Value>();
  #old = new Map<number, Value>();
  #turnedAt = 0;

  constructor(capacity: number, spanMs: number) {
    this.#capacity = capacity;
    this.#spanMs = spanMs;
  }

  get(key: number, now: number): Value | undefined {
    this.#turn(now);
    return this.#young.get(key) ?? this.#old.get(key);
  }

  set(key: number, value: Value, now: number): void {
    this.#turn(now);
    this.#young.set(key, value);
  }

  #turn(now: number): void {
    const ageMs = now - this.#turnedAt;
    if (ageMs < this.#spanMs && this.#young.size < this.#capacity) return;
    this.#old = ageMs < 2 * this.#spanMs ? this.#young : new Map<number, Value>();
    this.#young = new Map();
    this.#turnedAt = now;
  }
}

/**
 * 53 bits that stand for three strings. Strings cut out of a message would keep the whole message in memory for as
 * long as they are remembered; two calls in 2⁵³ may be taken for one.
 */
function fingerprint(first: string, second: string, third: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (const part of [first, second, third]) {
    for (let index = 0; index < part.length; index += 1) {
      const unit = part.charCodeAt(index);
      high = Math.imul(high ^ unit, 2_654_435_761);
      low = Math.imul(low ^ unit, 1_597_334_677);
    }
    // A boundary that no character has, so that "ab", "c" differs from "a", "bc".
    high = Math.imul(high ^ 0x10000, 2_654_435_761);
    low = Math.imul(low ^ 0x10000, 1_597_334_677);
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return 4_294_967_296 * (2_097_151 & low) + (high >>> 0);
}
