import type { Clock, Timer } from "../base/clock.ts";
import { DueHeap } from "./due-heap.ts";
import type { Due } from "./due-heap.ts";
import type { RegisterPace } from "./register-pace.ts";

/** Who waits for a turn to send a REGISTER. */
export interface Waiting extends Due {
  takeTurn(): void;
  /** It is due, but nothing may be sent: the queue is paused. It is in no heap any more unless it asks again. */
  turnHeld(): void;
}

/** Timers are late by a millisecond or two; tokens come every few milliseconds. Shorter hops are not worth waking for. */
const shortestHopMs = 5;

/**
 * Gives turns to the lines of one PBX: each when it is due, all together no faster than the PBX bears. One timer for all
 * of them. Where more is due than the pace allows, those with a binding to lose come first: otherwise, when everything
 * registers anew, bindings just won would run out behind those still to be made.
 */
export class TurnQueue {
  readonly #clock: Clock;
  readonly #pace: RegisterPace;
  readonly #bound = new DueHeap<Waiting>();
  readonly #unbound = new DueHeap<Waiting>();
  #isPaused = true;
  #isRunning = false;
  #timer: Timer | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;

  /** It begins paused. */
  constructor(clock: Clock, pace: RegisterPace) {
    this.#clock = clock;
    this.#pace = pace;
  }

  /** How many wait, due or not. */
  get size(): number {
    return this.#bound.size + this.#unbound.size;
  }

  /** Due at that time from now on, and no longer at another. */
  schedule(waiting: Waiting, at: number, isBound: boolean): void {
    this.remove(waiting);
    waiting.dueAt = at;
    (isBound ? this.#bound : this.#unbound).add(waiting);
    if (!this.#isRunning && at < this.#wakesAt) this.#sleep();
  }

  remove(waiting: Waiting): void {
    if (!this.#bound.remove(waiting)) this.#unbound.remove(waiting);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#sleep();
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#wakesAt = Number.NEGATIVE_INFINITY;
  }

  #run(): void {
    this.#isRunning = true;
    // Whoever asks for a turn again meanwhile is seen in the next round, after the others.
    for (let left = this.size; left > 0; left--) {
      const next = this.#nextDue();
      if (next === undefined || (!this.#isPaused && this.#pace.delayMs() > 0)) break;
      this.remove(next);
      if (this.#isPaused) next.turnHeld();
      else next.takeTurn();
    }
    this.#isRunning = false;
    this.#sleep();
  }

  #nextDue(): Waiting | undefined {
    const now = this.#clock.now();
    return [this.#bound.first(), this.#unbound.first()].find(
      (first) => first !== undefined && first.dueAt <= now,
    );
  }

  #sleep(): void {
    if (this.#wakesAt === Number.NEGATIVE_INFINITY) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    const now = this.#clock.now();
    const dueAt = Math.min(this.#bound.first()?.dueAt ?? Infinity, this.#unbound.first()?.dueAt ?? Infinity);
    if (dueAt === Infinity) {
      this.#wakesAt = Number.POSITIVE_INFINITY;
      return;
    }
    const paceMs = this.#isPaused ? 0 : this.#pace.delayMs();
    const delayMs = Math.max(dueAt - now, paceMs, paceMs > 0 ? shortestHopMs : 0);
    this.#wakesAt = now + delayMs;
    this.#timer = this.#clock.after(delayMs, () => this.#run());
  }
}
