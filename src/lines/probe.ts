import type { Clock, Timer } from "../base/clock.ts";
import type { RandomSource } from "../base/random.ts";
import type { LineRegistration } from "./line-registration.ts";

/** While a PBX is down one line tries it every 15 to 30 s. */
const leastDelayMs = 15_000;
const spreadMs = 15_000;

export interface ProbePorts {
  readonly clock: Clock;
  readonly random: RandomSource;
  /** All lines of the PBX. */
  readonly lines: ReadonlySet<LineRegistration>;
  /** What must be known before anything can be sent. True: go on; false: there is no use in it now. */
  readonly prepare: () => Promise<boolean>;
}

/**
 * Sends one line ahead to a PBX of which nobody knows whether it is there. Another one each time, so that none is tried
 * too often; those that the PBX has refused are left in peace.
 */
export class Probe {
  readonly #ports: ProbePorts;
  #timer: Timer | undefined;
  #line: LineRegistration | undefined;
  #isPreparing = false;
  #isStopped = false;
  #rotation: Iterator<LineRegistration> | undefined;

  constructor(ports: ProbePorts) {
    this.#ports = ports;
  }

  /** Whether this line's request is the one that is awaited. */
  awaits(line: LineRegistration): boolean {
    return line === this.#line;
  }

  /** At once, unless one is under way. Nothing happens while there is no line to send. */
  send(): void {
    if (this.#isPreparing || this.#line !== undefined) return;
    this.#timer?.cancel();
    this.#isStopped = false;
    this.#isPreparing = true;
    void this.#ports.prepare().then((isReady) => {
      this.#isPreparing = false;
      if (!this.#isStopped && isReady) this.#sendNext();
    });
  }

  /** The one under way has failed, or there is none: the next in 15 to 30 s, or later if that is asked for. */
  sendLater(leastMs: number): void {
    this.#line = undefined;
    this.#isStopped = false;
    this.#timer?.cancel();
    const delayMs = leastDelayMs + spreadMs * this.#ports.random.fraction();
    this.#timer = this.#ports.clock.after(Math.max(delayMs, leastMs), () => this.send());
  }

  /** The PBX is there, or nobody wants to know any more. */
  stop(): void {
    this.#line = undefined;
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #sendNext(): void {
    for (let tries = 0; tries <= this.#ports.lines.size; tries++) {
      const line = this.#next();
      if (line === undefined) break;
      if (line.registration.status === "rejected") continue;
      this.#line = line;
      if (line.registration.tryNow()) return;
    }
    this.sendLater(0);
  }

  #next(): LineRegistration | undefined {
    const next = this.#rotation?.next();
    if (next !== undefined && next.done !== true) return next.value;
    this.#rotation = this.#ports.lines.values();
    const first = this.#rotation.next();
    return first.done === true ? undefined : first.value;
  }
}
