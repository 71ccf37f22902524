import type { Clock, Timer } from "../base/clock.ts";
import type { RandomSource } from "../base/random.ts";
import type { LineRegistration } from "./line-registration.ts";

const sentinelLines = 2;
const periodMs = 30_000;
/**
 * After so many alarms in a row, each followed by a registration of all, the PBX's word is not taken any more: it does
 * not list bindings, or another device takes the place of ours each time.
 */
const mostAlarms = 3;

export interface SentinelPorts {
  readonly clock: Clock;
  readonly random: RandomSource;
  /** All lines of the PBX. */
  readonly registrations: () => Iterable<LineRegistration>;
  /** A binding is gone that the PBX had accepted. */
  readonly onLost: () => void;
  /** The PBX says over and over that bindings are missing right after it took them. */
  readonly onUseless: () => void;
}

/**
 * Finds out that a PBX has lost its bindings (it was restarted) before they run out: every 30 s two registered lines ask
 * for theirs. Only those ask whose REGISTER was answered with a list of bindings, as RFC 3261 §10.3 wants; of the others
 * nothing could be concluded.
 */
export class Sentinels {
  readonly #ports: SentinelPorts;
  #timer: Timer | undefined;
  #lines: LineRegistration[] = [];
  /** Rounds in a row in which a binding was missing. */
  #alarms = 0;
  /** When the connection had closed that they were asked by, and they were asked out of turn. */
  #hurriedAt = Number.NEGATIVE_INFINITY;
  /** What this round has told so far. */
  #round: "open" | "present" | "missing" = "open";
  #isUseless = false;

  constructor(ports: SentinelPorts) {
    this.#ports = ports;
  }

  /** Asks now, and then every 30 s. Also to be called when the PBX has come back from an outage. */
  start(): void {
    this.stop();
    if (this.#isUseless) return;
    if (this.#round === "present") this.#alarms = 0;
    this.#round = "open";
    this.#ask();
    // Two lines of one PBX in step with those of another would do no harm, but many nodes might.
    const delayMs = periodMs * (0.9 + this.#ports.random.fraction() / 10);
    this.#timer = this.#ports.clock.after(delayMs, () => this.start());
  }

  /**
   * The connection to the PBX has closed, as when it restarts: asks now rather than later. RFC 5626 §4.5: not over and over
   * where connections close as soon as they are there; then the next round comes when it is due.
   */
  hurry(): void {
    const now = this.#ports.clock.now();
    if (this.#timer === undefined || now - this.#hurriedAt < periodMs) return;
    this.#hurriedAt = now;
    this.start();
    if (this.#lines.length === 0) this.#refreshOne();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** What one of them was told. */
  bindingSeen(isPresent: boolean): void {
    if (isPresent) {
      if (this.#round === "open") this.#round = "present";
      return;
    }
    // One alarm a round: the second line was asked before the first one's alarm had its effect.
    if (this.#isUseless || this.#round === "missing") return;
    this.#round = "missing";
    this.#alarms++;
    if (this.#alarms > mostAlarms) {
      this.#isUseless = true;
      this.stop();
      this.#ports.onUseless();
    } else {
      this.#ports.onLost();
    }
  }

  /** Where no binding can be asked for, a REGISTER tells at least whether the PBX is there. */
  #refreshOne(): void {
    for (const { registration } of this.#ports.registrations()) {
      if (registration.state !== "registered") continue;
      registration.renew();
      return;
    }
  }

  #ask(): void {
    this.#lines = this.#lines.filter(canAsk);
    if (this.#lines.length < sentinelLines) {
      for (const candidate of this.#ports.registrations()) {
        if (this.#lines.length >= sentinelLines) break;
        if (canAsk(candidate) && !this.#lines.includes(candidate)) this.#lines.push(candidate);
      }
    }
    for (const line of this.#lines) line.registration.query();
  }
}

function canAsk({ registration }: LineRegistration): boolean {
  return registration.state === "registered" && registration.binding?.isListed === true;
}
