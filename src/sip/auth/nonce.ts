import { createHmac, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import type { RandomSource } from "../../base/random.ts";

/**
 * `valid`: ours and young enough. `stale`: ours once, but too old or no longer tracked. `foreign`: never ours.
 * `replayed`: ours, but this nonce count, or this nonce by another user, was seen before.
 */
export type NonceVerdict = "valid" | "stale" | "foreign" | "replayed";

export interface NonceOptions {
  readonly clock: Clock;
  readonly random: RandomSource;
  /** A nonce made for one realm is foreign in another. */
  readonly realm: string;
  readonly lifetimeMs?: number;
  /** How many nonces that were used rightly are remembered, so that none of their counts is taken twice. */
  readonly trackedNonces?: number;
}

interface Use {
  readonly username: string;
  readonly issuedAt: number;
  /** The highest nonce count so far, and which of the 31 below it were seen (bit 0 is the highest itself). */
  highest: number;
  seen: number;
}

const timeDigits = 12;
const saltDigits = 16;
const signatureDigits = 32;
const countWindow = 32;

/**
 * Nonces that need no memory until they are used: each carries the time of its making and a signature, so a flood of
 * requests without credentials costs nothing (RFC 7616 §3.3 suggests as much). Only after right credentials is a nonce
 * remembered, to refuse replays. When the memory is full the oldest is dropped, and with it everything issued up to
 * its time becomes stale: a dropped nonce can never be replayed.
 */
export class NonceSource {
  readonly #clock: Clock;
  readonly #random: RandomSource;
  readonly #realm: string;
  readonly #lifetimeMs: number;
  readonly #trackedNonces: number;
  readonly #key: string;
  readonly #uses = new Map<string, Use>();
  #staleUpTo = -1;

  constructor({ clock, random, realm, lifetimeMs = 300_000, trackedNonces = 100_000 }: NonceOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#realm = realm;
    this.#lifetimeMs = lifetimeMs;
    this.#trackedNonces = trackedNonces;
    this.#key = random.token(256);
  }

  /** `place`: a nonce made for one place, an address for instance, is foreign in all others. */
  issue(place = ""): string {
    const time = Math.floor(this.#clock.now()).toString(16).padStart(timeDigits, "0");
    const payload = time + this.#random.token(saltDigits * 4);
    return payload + this.#sign(payload, place);
  }

  /** Judges a nonce before the credentials are: says nothing of its count. */
  check(nonce: string, place = ""): "valid" | "stale" | "foreign" {
    const issuedAt = this.#issuedAt(nonce, place);
    if (issuedAt === undefined) return "foreign";
    const isOld = this.#clock.now() - issuedAt > this.#lifetimeMs;
    // What is remembered holds; of the rest, what was made before the last one dropped may have been used before.
    return isOld || (issuedAt <= this.#staleUpTo && !this.#uses.has(nonce)) ? "stale" : "valid";
  }

  /**
   * Marks a nonce as used, after the credentials have been found right. Without a count (RFC 2069) a nonce serves
   * once. Counts may come out of order by up to 31, since datagrams do.
   */
  use(nonce: string, username: string, count: number | undefined, place = ""): NonceVerdict {
    const verdict = this.check(nonce, place);
    const issuedAt = this.#issuedAt(nonce, place);
    if (verdict !== "valid" || issuedAt === undefined) return verdict;
    const use = this.#uses.get(nonce);
    if (use === undefined) {
      this.#remember(nonce, { username, issuedAt, highest: count ?? 0, seen: 1 });
      return "valid";
    }
    if (use.username !== username || count === undefined) return "replayed";
    return advance(use, count) ? "valid" : "replayed";
  }

  #remember(nonce: string, use: Use): void {
    this.#uses.set(nonce, use);
    for (const [oldest, { issuedAt }] of this.#uses) {
      const isOld = this.#clock.now() - issuedAt > this.#lifetimeMs;
      if (!isOld && this.#uses.size <= this.#trackedNonces) break;
      this.#uses.delete(oldest);
      this.#staleUpTo = Math.max(this.#staleUpTo, issuedAt);
    }
  }

  /** When it was made, if the signature is ours. */
  #issuedAt(nonce: string, place: string): number | undefined {
    if (nonce.length !== timeDigits + saltDigits + signatureDigits) return undefined;
    const payload = nonce.slice(0, timeDigits + saltDigits);
    const signature = Buffer.from(nonce.slice(payload.length), "latin1");
    if (!timingSafeEqual(signature, Buffer.from(this.#sign(payload, place), "latin1"))) return undefined;
    return Number.parseInt(payload.slice(0, timeDigits), 16);
  }

  #sign(payload: string, place: string): string {
    return createHmac("sha256", this.#key)
      .update(`${payload}:${place}:${this.#realm}`)
      .digest("hex")
      .slice(0, signatureDigits);
  }
}

/** Takes a count into the window; false when it was there before or lies below the window. */
function advance(use: Use, count: number): boolean {
  const ahead = count - use.highest;
  if (ahead > 0) {
    use.seen = ahead >= countWindow ? 1 : ((use.seen << ahead) | 1) >>> 0;
    use.highest = count;
    return true;
  }
  if (-ahead >= countWindow) return false;
  const bit = (1 << -ahead) >>> 0;
  if ((use.seen & bit) !== 0) return false;
  use.seen = (use.seen | bit) >>> 0;
  return true;
}
