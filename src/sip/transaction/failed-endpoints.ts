import type { Clock } from "../../base/clock.ts";
import type { Endpoint } from "../transport/transport.ts";

/** How long an endpoint that failed is tried last, in milliseconds. */
const rememberedMs = 60_000;
/** More than these are not remembered at a time. */
const mostRemembered = 1_000;

/**
 * Which servers did not answer of late. They are not left out, for they may be back, but tried after the others: so a dead
 * first server of an SRV set costs its time-out once a minute, not with each request.
 */
export class FailedEndpoints {
  readonly #clock: Clock;
  /** When each failed last; the oldest first. */
  readonly #failedAt = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(endpoint: Endpoint): void {
    const key = keyOf(endpoint);
    this.#failedAt.delete(key);
    this.#failedAt.set(key, this.#clock.now());
    if (this.#failedAt.size <= mostRemembered) return;
    const [oldest] = this.#failedAt.keys();
    if (oldest !== undefined) this.#failedAt.delete(oldest);
  }

  forgive(endpoint: Endpoint): void {
    this.#failedAt.delete(keyOf(endpoint));
  }

  /** The same, those whose endpoint failed of late at the end; otherwise in their order. */
  putLast<Way extends { readonly endpoint: Endpoint }>(ways: readonly Way[]): Way[] {
    const { true: failed = [], false: others = [] } = Object.groupBy(
      ways,
      (way) => `${this.#has(way.endpoint)}`,
    );
    return [...others, ...failed];
  }

  #has(endpoint: Endpoint): boolean {
    const failedAt = this.#failedAt.get(keyOf(endpoint));
    return failedAt !== undefined && this.#clock.now() - failedAt < rememberedMs;
  }
}

function keyOf({ protocol, address, port }: Endpoint): string {
  return `${protocol} ${address} ${port}`;
}
