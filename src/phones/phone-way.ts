import type { Binding, Flow, OwnWay, SipUri } from "../sip/user-agent.ts";
import { isSameBinding } from "../sip/user-agent.ts";
import { flowName } from "./phone-book.ts";

/** What is known of phones while a call is up. */
export interface PhoneWayPorts {
  /** The user's phones that are registered now, the latest first. */
  readonly bindingsOf: (username: string) => readonly Binding[];
  /** By which flow a registered phone is reached. */
  readonly flowOf: (binding: Binding) => Flow;
  /** Whether that user's phone proved itself by this flow. */
  readonly hasProven: (username: string, flow: Flow) => boolean;
}

/** By what a phone is known again: its instance, or its Contact. */
export type Device = Pick<Binding, "uri" | "instanceId" | "regId">;

/**
 * The way to one phone, for as long as a call is up: the phone may register by another flow meanwhile (RFC 5626 §4.4),
 * and the call goes there with it. What it sends is taken from where it is, and from where a phone of its user is.
 */
export class PhoneWay implements OwnWay {
  readonly isOnly = true;
  readonly #ports: PhoneWayPorts;
  readonly #username: string;
  /** Absent: it has called without being registered. */
  #device: Device | undefined;
  /** By which it was reached last. */
  #flow: Flow;

  constructor(ports: PhoneWayPorts, username: string, device: Device | undefined, flow: Flow) {
    this.#ports = ports;
    this.#username = username;
    this.#device = device;
    this.#flow = flow;
  }

  get flow(): Flow {
    const binding = this.#binding();
    // Where it is not registered any more, a call that is up goes on where it was.
    if (binding !== undefined) this.#flow = this.#ports.flowOf(binding);
    return this.#flow;
  }

  admits(flow: Flow): boolean {
    const { bindingsOf, hasProven } = this.#ports;
    const present = this.#binding();
    const name = flowName(flow);
    if (present !== undefined && flowName(present.flow) === name) return true;
    // Whoever knows the call's tags is the phone that has it: it has moved, and registered as another.
    const moved = bindingsOf(this.#username).find((binding) => flowName(binding.flow) === name);
    if (moved !== undefined) {
      this.#device = moved;
      return true;
    }
    if (hasProven(this.#username, flow)) {
      if (present === undefined) this.#flow = flow;
      return true;
    }
    return flow.remoteAddress === this.flow.remoteAddress;
  }

  #binding(): Binding | undefined {
    const device = this.#device;
    if (device === undefined) return undefined;
    const { uri, instanceId, regId } = device;
    const bindings = this.#ports.bindingsOf(this.#username);
    // RFC 5626 §4.1: a device is the same wherever it is. The same of its flows first, or else its latest.
    const own = bindings.filter((binding) => instanceId !== undefined && binding.instanceId === instanceId);
    const sameFlow = own.find((binding) => regId !== undefined && binding.regId === regId);
    return sameFlow ?? own[0] ?? bindings.find((binding) => isSameBinding(binding, { uri }));
  }
}

/** The registered phone that a request is from, by its flow and its Contact. */
export function deviceOf(bindings: readonly Binding[], uri: SipUri, flow: Flow): Device | undefined {
  const name = flowName(flow);
  const isIt = (binding: Binding): boolean => isSameBinding(binding, { uri });
  // A proxy before several phones has one flow for all.
  const here = bindings.filter((binding) => flowName(binding.flow) === name);
  return here.find(isIt) ?? here[0] ?? bindings.find(isIt);
}
