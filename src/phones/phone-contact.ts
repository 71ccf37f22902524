import type { Binding, Flow, SipUri } from "../sip/user-agent.ts";

/** Where a phone is reached. */
export interface PhoneContact {
  /** The remote target: the Contact as the phone registered it. */
  readonly uri: SipUri;
  /** RFC 3327: the Path as Route header values, from the top; empty for a phone that registered directly. */
  readonly route: readonly string[];
  /** Use this one in place of resolving anything; absent: send to the topmost route or to `uri`. */
  readonly flow?: Flow;
  readonly phoneUsername: string;
  /** Preference from 0 to 1. */
  readonly q: number;
}

export function phoneContact(phoneUsername: string, binding: Binding): PhoneContact {
  const { uri, path: route, q } = binding;
  const flow = usableFlow(binding);
  return { uri, route, phoneUsername, q, ...(flow !== undefined && { flow }) };
}

/**
 * A connection carries both ways (RFC 5626 §5.3). A datagram's sender is answered where it sends from when a NAT stands
 * between, which shows in a Contact that names another address; else the Contact's port is the one that it listens on.
 */
function usableFlow({ path, flow, isOutbound, uri }: Binding): Flow | undefined {
  if (path.length > 0 || !flow.isOpen) return undefined;
  if (flow.isReliable || isOutbound) return flow;
  return uri.host === hostOf(flow.remoteAddress) ? undefined : flow;
}

function hostOf(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
