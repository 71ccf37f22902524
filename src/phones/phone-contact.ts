import type { Binding, OwnWay, SipUri } from "../sip/user-agent.ts";

/** A phone that can be called. */
export interface PhoneContact {
  /** The Contact as the phone registered it: the Request-URI of what is sent to it, and nothing else. */
  readonly uri: SipUri;
  /** By which it is reached, now and as long as it has a call. */
  readonly way: OwnWay;
  readonly phoneUsername: string;
  /** Preference from 0 to 1. */
  readonly q: number;
}

/**
 * The bindings that a call rings, the most preferred first, and the latest of those before the others.
 * RFC 5626 §7: of a device with several flows one alone.
 */
export function bindingsToRing(bindings: readonly Binding[]): Binding[] {
  const instances = new Set<string>();
  return bindings
    .filter(({ instanceId }) => {
      if (instanceId === undefined) return true;
      const isFirst = !instances.has(instanceId);
      instances.add(instanceId);
      return isFirst;
    })
    .sort((a, b) => b.q - a.q);
}
