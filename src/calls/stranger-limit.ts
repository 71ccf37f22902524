/**
 * How many answers strangers get: whoever is neither a PBX nor a phone that is known by its flow. Nobody is banned here;
 * what is too much is met with silence, and costs us a look at the clock and at three numbers.
 *
 * The source of a datagram can be forged. So whoever forges must not hit others through us (each address gets few answers),
 * nor leave others without an answer (what is short for forgers is not short for the rest):
 * - A connection's source cannot be forged: connections have budgets of their own, which no datagram touches.
 * - Who answers a challenge of ours has received it at that address, and is no forger: that has a budget of its own too.
 *   Guessing passwords is stopped elsewhere (`phones/guess-guard.ts`).
 * - So a phone at a flooded server needs one challenge from the budget that forgers share, and asks for it eleven times
 *   in 32 s, as RFC 3261 has it. An office of 200 phones behind one address gets its challenges at once.
 * - All other answers (OPTIONS, refusals) nobody waits for: few will do.
 *
 * A budget is spent at an even pace after a burst of one second's worth: while a flood lasts, its share of the answers is
 * its share of the requests, and nobody is shut out by who came first in a second.
 */
import type { Flow } from "../sip/user-agent.ts";
import { neighbourhood } from "../sip/user-agent.ts";

/** Answers a second, and as many at once. */
export interface Budget {
  /** To one address and port: one phone, or one connection. */
  readonly perPort: number;
  /** To one address; an IPv6 /64 counts as one. */
  readonly perAddress: number;
  /** To all together. It also bounds what is remembered: nothing but answers that were given within two seconds. */
  readonly total: number;
}

/**
 * What a stranger wants: `challenge`: to register or to call, and must prove itself; `proof`: the same, with an answer to a
 * fresh challenge that was sent to its address; `other`: anything else.
 */
export type StrangerRequest = "challenge" | "proof" | "other";

export const strangerBudgets: Readonly<Record<StrangerRequest, Budget>> = {
  challenge: { perPort: 20, perAddress: 200, total: 4000 },
  proof: { perPort: 20, perAddress: 400, total: 4000 },
  other: { perPort: 20, perAddress: 20, total: 500 },
};

/** Where an answer goes. */
type Destination = Pick<Flow, "isReliable" | "remoteAddress" | "remotePort">;

/** `now` is in milliseconds on a clock that never jumps. */
export class StrangerLimit {
  readonly #budgets = strangerBudgets;
  readonly #datagrams: Record<StrangerRequest, Ledger>;
  readonly #connections: Record<StrangerRequest, Ledger>;

  constructor(budgets = strangerBudgets) {
    this.#budgets = budgets;
    this.#datagrams = openLedgers();
    this.#connections = openLedgers();
  }

  /** Whether one more answer to a request of that kind may go there. */
  admits(
    wanted: StrangerRequest,
    { isReliable, remoteAddress, remotePort }: Destination,
    now: number,
  ): boolean {
    const ledger = (isReliable ? this.#connections : this.#datagrams)[wanted];
    const { perPort, perAddress, total } = this.#budgets[wanted];
    return ledger.spend(now, [
      ["all", total],
      [neighbourhood(remoteAddress), perAddress],
      [`${remoteAddress} ${remotePort}`, perPort],
    ]);
  }

  /** How many sources are remembered. */
  get size(): number {
    const ledgers = [...Object.values(this.#datagrams), ...Object.values(this.#connections)];
    return ledgers.reduce((sum, ledger) => sum + ledger.size, 0);
  }
}

function openLedgers(): Record<StrangerRequest, Ledger> {
  return { challenge: new Ledger(), proof: new Ledger(), other: new Ledger() };
}

/** What a budget may be ahead of its even pace, in milliseconds. */
const burstMs = 1000;
const roundingMs = 0.001;

/**
 * Who got how many answers, as the time at which they would all have been given at an even pace. That lies a burst ahead at
 * the most, so what was written two turns ago is over: it is dropped unread.
 */
class Ledger {
  #recent = new Map<string, number>();
  #former = new Map<string, number>();
  #turnedAt = -Infinity;

  get size(): number {
    return this.#recent.size + this.#former.size;
  }

  /** Takes one answer from each of these accounts, which have so much a second; false, and takes none, when one is empty. */
  spend(now: number, accounts: readonly (readonly [name: string, perSecond: number])[]): boolean {
    if (now >= this.#turnedAt + burstMs) {
      this.#former = this.#recent;
      this.#recent = new Map();
      this.#turnedAt = now;
    }
    for (const [name, perSecond] of accounts) {
      if (this.#paidUntil(name, now) + 1000 / perSecond > now + burstMs + roundingMs) return false;
    }
    for (const [name, perSecond] of accounts)
      this.#recent.set(name, this.#paidUntil(name, now) + 1000 / perSecond);
    return true;
  }

  #paidUntil(name: string, now: number): number {
    return Math.max(now, this.#recent.get(name) ?? this.#former.get(name) ?? now);
  }
}
