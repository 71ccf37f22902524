import type { Clock } from "../base/clock.ts";
import type { Flow } from "../sip/user-agent.ts";
import { flowName } from "./phone-book.ts";

interface Proof {
  readonly username: string;
  readonly flow: string;
  /** When it is forgotten. */
  readonly until: number;
}

/** By which flows phones proved themselves lately; of too many the oldest are forgotten. */
export class ProvenFlows {
  readonly #clock: Clock;
  readonly #lifetimeMs: number;
  readonly #most: number;
  /** By user name and flow, the oldest first: a proxy before several phones has one flow for all. */
  readonly #proofs = new Map<string, Proof>();
  /** The same by flow. */
  readonly #byFlow = new Map<string, Map<string, Proof>>();

  constructor(clock: Clock, lifetimeMs: number, most: number) {
    this.#clock = clock;
    this.#lifetimeMs = lifetimeMs;
    this.#most = most;
  }

  add(username: string, by: Flow): void {
    const flow = flowName(by);
    this.#remove(username, flow);
    const proof: Proof = { username, flow, until: this.#clock.now() + this.#lifetimeMs };
    this.#proofs.set(keyOf(proof), proof);
    const others = this.#byFlow.get(flow);
    if (others === undefined) this.#byFlow.set(flow, new Map([[username, proof]]));
    else others.set(username, proof);
    const [oldest] = this.#proofs.values();
    if (this.#proofs.size > this.#most && oldest !== undefined) this.#remove(oldest.username, oldest.flow);
  }

  /** Whether anybody's phone did. */
  has(flow: Flow): boolean {
    const proofs = this.#byFlow.get(flowName(flow));
    if (proofs === undefined) return false;
    for (const { until } of proofs.values()) if (until > this.#clock.now()) return true;
    return false;
  }

  hasOf(username: string, flow: Flow): boolean {
    const proof = this.#byFlow.get(flowName(flow))?.get(username);
    return proof !== undefined && proof.until > this.#clock.now();
  }

  /** A connection is gone. */
  forgetFlow(flow: Flow): void {
    const name = flowName(flow);
    for (const username of [...(this.#byFlow.get(name)?.keys() ?? [])]) this.#remove(username, name);
  }

  /** What a user proved counts no more. */
  forgetUser(username: string): void {
    for (const proof of [...this.#proofs.values()])
      if (proof.username === username) this.#remove(username, proof.flow);
  }

  #remove(username: string, flow: string): void {
    this.#proofs.delete(keyOf({ username, flow }));
    const others = this.#byFlow.get(flow);
    others?.delete(username);
    if (others?.size === 0) this.#byFlow.delete(flow);
  }
}

function keyOf({ username, flow }: Pick<Proof, "username" | "flow">): string {
  return `${flow} ${username}`;
}
