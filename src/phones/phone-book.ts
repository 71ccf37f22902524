import type { Clock, Timer } from "../base/clock.ts";
import type { Binding, Flow, LocationService } from "../sip/user-agent.ts";
import { neighbourhood } from "../sip/user-agent.ts";

/** Names a flow by what is at its other end: a datagram's flow is a new object each time. */
export function flowName({ protocol, remoteAddress, remotePort }: Flow): string {
  return `${protocol} ${remoteAddress} ${remotePort}`;
}

/**
 * The bindings of all phones, by user name. They live in memory alone: after a restart phones are back when they
 * refresh, or at once where they hold a connection, which they see break.
 */
export class PhoneBook implements LocationService {
  /** Told when the bindings of a user name have changed. */
  onChange: (username: string) => void = () => {};
  readonly #clock: Clock;
  readonly #bindings = new Map<string, readonly Binding[]>();
  readonly #timers = new Map<string, Timer>();
  /** How many bindings came by each flow, and how many from each address. */
  readonly #flows = new Map<string, number>();
  readonly #addresses = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  bindingsOf(username: string): readonly Binding[] {
    return this.#bindings.get(username) ?? [];
  }

  keep(username: string, bindings: readonly Binding[]): void {
    const before = this.bindingsOf(username);
    for (const { flow } of before) this.#count(flow, -1);
    for (const { flow } of bindings) this.#count(flow, 1);
    this.#timers.get(username)?.cancel();
    this.#timers.delete(username);
    if (bindings.length === 0) {
      this.#bindings.delete(username);
    } else {
      this.#bindings.set(username, bindings);
      const soonest = Math.min(...bindings.map(({ expiresAt }) => expiresAt));
      const timer = this.#clock.after(soonest - this.#clock.now(), () => this.#expire(username));
      this.#timers.set(username, timer);
    }
    if (before.length > 0 || bindings.length > 0) this.onChange(username);
  }

  *all(): Generator<Binding, void, void> {
    for (const bindings of this.#bindings.values()) yield* bindings;
  }

  /** Whether a binding came by this flow. */
  holds(flow: Flow): boolean {
    return this.#flows.has(flowName(flow));
  }

  /** Whether a binding of this user name did. */
  holdsFor(username: string, flow: Flow): boolean {
    const name = flowName(flow);
    return this.bindingsOf(username).some((binding) => flowName(binding.flow) === name);
  }

  /** Whether a binding came from this address, or this IPv6 /64. */
  isHome(address: string): boolean {
    return this.#addresses.has(neighbourhood(address));
  }

  /** RFC 5626 §6: what is reached by a flow alone goes with it, and phones are reached by nothing else. */
  flowClosed(flow: Flow): void {
    if (!this.holds(flow)) return;
    for (const [username, bindings] of [...this.#bindings]) {
      const left = bindings.filter((binding) => binding.flow !== flow);
      if (left.length < bindings.length) this.keep(username, left);
    }
  }

  close(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #expire(username: string): void {
    const now = this.#clock.now();
    this.keep(
      username,
      this.bindingsOf(username).filter(({ expiresAt }) => expiresAt > now),
    );
  }

  #count(flow: Flow, by: number): void {
    add(this.#flows, flowName(flow), by);
    add(this.#addresses, neighbourhood(flow.remoteAddress), by);
  }
}

function add(counts: Map<string, number>, name: string, by: number): void {
  const count = (counts.get(name) ?? 0) + by;
  if (count > 0) counts.set(name, count);
  else counts.delete(name);
}
