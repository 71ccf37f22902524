import type { Clock } from "../base/clock.ts";

export interface GuessLimits {
  /** Wrong passwords for one user name from one address; then that pair is banned. */
  readonly perPair: number;
  /** Wrong passwords from one address, whatever the names; then the address is banned. */
  readonly perAddress: number;
  /** Wrong passwords for one name from everywhere; then each address has one try at it. */
  readonly perName: number;
  /** How long failures count, in milliseconds. */
  readonly memoryMs: number;
  readonly banMs: number;
  /** From this many failures on, each further try has to wait, twice as long each time. */
  readonly slowFrom: number;
  readonly longestWaitMs: number;
  /** Pairs, addresses and names remembered at the same time. */
  readonly remembered: number;
}

/** CHECKS C05: whoever guesses is stopped by the twentieth try, and gets some 2,900 tries a day out of one address. */
export const guessLimits: GuessLimits = {
  perPair: 10,
  perAddress: 18,
  perName: 20,
  memoryMs: 600_000,
  banMs: 300_000,
  slowFrom: 4,
  longestWaitMs: 4000,
  remembered: 20_000,
};

interface Failures {
  count: number;
  last: number;
  bannedUntil: number;
}

/** `wait`: not judged for now. */
export type Leave = "judged" | "wait" | "banned";

/**
 * Slows and then bans whoever guesses passwords, by address and account. Only tries that answer a challenge sent to
 * their own address are counted, so nobody gets another's address banned with forged datagrams; names that do not exist
 * count like those that do. Nobody is locked out of an account by others who guess at it elsewhere. Bans end by
 * themselves.
 */
export class GuessGuard {
  readonly #clock: Clock;
  readonly #limits: GuessLimits;
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Clock, limits: GuessLimits = guessLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** `isHome`: phones are registered from that address, which is then not banned as a whole. */
  leaveFor(address: string, username: string, isHome: boolean): Leave {
    const now = this.#clock.now();
    const { slowFrom, longestWaitMs } = this.#limits;
    if (!isHome && this.#isBanned(`address ${address}`, now)) return "banned";
    const pair = this.#recall(`pair ${address} ${username}`, now);
    if (pair === undefined) return "judged";
    if (pair.bannedUntil > now) return "banned";
    const waitMs = pair.count < slowFrom ? 0 : Math.min(250 * 2 ** (pair.count - slowFrom), longestWaitMs);
    return now - pair.last < waitMs ? "wait" : "judged";
  }

  /** Notes a wrong password. True when it led to a ban. */
  failed(address: string, username: string): boolean {
    const { perPair, perAddress, perName } = this.#limits;
    const ofName = this.#note(`name ${username}`, Infinity);
    const triesLeft = ofName > perName ? 1 : perPair;
    const ofPair = this.#note(`pair ${address} ${username}`, triesLeft);
    const ofAddress = this.#note(`address ${address}`, perAddress);
    return ofPair >= triesLeft || ofAddress === perAddress;
  }

  /** The right password: what this address got wrong before was a slip. */
  succeeded(address: string, username: string): void {
    this.#failures.delete(`pair ${address} ${username}`);
  }

  #isBanned(name: string, now: number): boolean {
    return (this.#recall(name, now)?.bannedUntil ?? 0) > now;
  }

  #note(name: string, limit: number): number {
    const now = this.#clock.now();
    const failures = this.#recall(name, now) ?? { count: 0, last: now, bannedUntil: 0 };
    failures.count++;
    failures.last = now;
    if (failures.count >= limit) failures.bannedUntil = now + this.#limits.banMs;
    // Put at the end: the one that has been quiet for longest is forgotten first.
    this.#failures.delete(name);
    this.#failures.set(name, failures);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > this.#limits.remembered && oldest !== undefined) this.#failures.delete(oldest);
    return failures.count;
  }

  /** After a ban, and after a quiet time, all is forgotten. */
  #recall(name: string, now: number): Failures | undefined {
    const failures = this.#failures.get(name);
    if (failures === undefined) return undefined;
    const wasBanned = failures.bannedUntil > 0 && failures.bannedUntil <= now;
    if (!wasBanned && now - failures.last <= this.#limits.memoryMs) return failures;
    this.#failures.delete(name);
    return undefined;
  }
}
