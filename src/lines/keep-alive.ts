import type { Clock, Timer } from "../base/clock.ts";
import type { RandomSource } from "../base/random.ts";
import type { Flow } from "../sip/user-agent.ts";

export interface KeepAliveOptions {
  readonly kind: "none" | "crlf" | "stun";
  readonly everySeconds: number;
  readonly clock: Clock;
  readonly random: RandomSource;
}

const doubleCrlf = Buffer.from("\r\n\r\n", "latin1");

/**
 * Keeps the path to a PBX open through the NATs in between: all lines of the PBX share one socket and one path, so one
 * packet does for all. Connections are kept by the transport (RFC 5626 §4.4.1).
 */
export class KeepAlive {
  readonly #options: KeepAliveOptions;
  #flow: Flow | undefined;
  #timer: Timer | undefined;

  constructor(options: KeepAliveOptions) {
    this.#options = options;
  }

  /** The PBX answered by this path: it is the one to keep open. */
  follow(flow: Flow): void {
    if (flow.isReliable || this.#options.kind === "none") return;
    this.#flow = flow;
    if (this.#timer === undefined) this.#sendLater();
  }

  /** Idempotent. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = this.#flow = undefined;
  }

  #sendLater(): void {
    const { clock, everySeconds } = this.#options;
    this.#timer = clock.after(everySeconds * 1000, () => {
      this.#flow?.send(this.#packet());
      this.#sendLater();
    });
  }

  #packet(): Buffer {
    if (this.#options.kind === "crlf") return doubleCrlf;
    // RFC 5389 §6: a binding request without attributes. Its answer is no SIP and is dropped: the packet was all that mattered.
    return Buffer.from(`000100002112a442${this.#options.random.token(96)}`, "hex");
  }
}
