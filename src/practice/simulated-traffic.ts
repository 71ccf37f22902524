import type { Clock, Timer } from "../base/clock.ts";

/** One call of the script. */
export interface SimulatedCall {
  /** Extension, number outside, or `anonymous`. */
  readonly from: string;
  /** Extension of the line. */
  readonly to: string;
  /** When the caller gives up or hangs up. */
  readonly lastsMs: number;
  /** When the next call comes. */
  readonly pauseMs: number;
}

/** Every kind of rule of the office once, over and over. A call that rings or is up makes its line busy for the next ones. */
export const officeDay: readonly SimulatedCall[] = [
  { from: "105", to: "101", lastsMs: 1_500, pauseMs: 2_000 },
  { from: "+498999998123", to: "101", lastsMs: 1_500, pauseMs: 2_000 },
  { from: "106", to: "102", lastsMs: 9_000, pauseMs: 2_000 },
  { from: "105", to: "102", lastsMs: 1_500, pauseMs: 1_500 },
  { from: "105", to: "103", lastsMs: 6_000, pauseMs: 1_500 },
  { from: "anonymous", to: "103", lastsMs: 1_500, pauseMs: 1_500 },
  { from: "500", to: "103", lastsMs: 1_500, pauseMs: 1_500 },
  { from: "+496990009321", to: "102", lastsMs: 1_500, pauseMs: 2_500 },
  { from: "106", to: "104", lastsMs: 1_500, pauseMs: 2_500 },
  { from: "+493023125777", to: "104", lastsMs: 1_500, pauseMs: 3_000 },
];

/** Has simulated people call, one after the other, until it is closed. */
export class SimulatedTraffic {
  readonly #clock: Clock;
  readonly #script: readonly SimulatedCall[];
  readonly #place: (from: string, to: string) => { hangUp(): void };
  readonly #hangUps = new Set<Timer>();
  #next: Timer | undefined;
  #isClosed = false;

  /** `place` begins a call. */
  constructor(
    clock: Clock,
    script: readonly SimulatedCall[],
    place: (from: string, to: string) => { hangUp(): void },
  ) {
    this.#clock = clock;
    this.#script = script;
    this.#place = place;
  }

  start(): void {
    this.#begin(0);
  }

  /** No further call is placed; calls that are up stay so. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#next?.cancel();
    for (const timer of this.#hangUps) timer.cancel();
    this.#hangUps.clear();
  }

  #begin(index: number): void {
    const call = this.#script[index % this.#script.length];
    if (call === undefined || this.#isClosed) return;
    const placed = this.#place(call.from, call.to);
    const timer = this.#clock.after(call.lastsMs, () => {
      this.#hangUps.delete(timer);
      placed.hangUp();
    });
    this.#hangUps.add(timer);
    this.#next = this.#clock.after(call.pauseMs, () => this.#begin(index + 1));
  }
}
