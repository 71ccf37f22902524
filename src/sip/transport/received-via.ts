/** What a server does to the topmost Via of a request, and where that Via then leads (RFC 3261 §18.2, RFC 3581 §4). */
import type { SipRequest } from "../message/message.ts";
import { parseFirstVia } from "../message/via.ts";
import type { Via } from "../message/via.ts";
import { canonicalAddress, withoutZone } from "./ip-address.ts";
import { defaultPorts } from "./listening-point.ts";

/**
 * Notes in the topmost Via where the request came from. What the sender itself wrote there does not stand: a forged
 * `received` would aim our responses at another.
 */
export function completeTopVia(request: SipRequest, remoteAddress: string, remotePort: number): void {
  const via = request.topVia;
  if (via === undefined) return;
  // A Via of which only sent-by can be read stays as it is: the sender is to know its branch again.
  if (via.parameters.size === 0 && parseFirstVia(request.headers.get("Via") ?? "") === undefined) return;
  const source = withoutZone(remoteAddress);
  const isTrue = via.host === source || canonicalAddress(via.host) === source;
  if (isTrue && via.rport === undefined && via.received === undefined) return;

  const parameters = new Map(via.parameters);
  if (via.rport !== undefined) {
    // RFC 3581 §4: the port it came from, and with it always the address.
    parameters.set("rport", String(remotePort));
    parameters.set("received", source);
    request.replaceTopVia({ ...via, parameters, rport: remotePort, received: source });
  } else if (isTrue) {
    parameters.delete("received");
    request.replaceTopVia({ ...via, parameters, received: undefined });
  } else {
    // RFC 3261 §18.2.1: the address it came from, where sent-by names another or a name.
    parameters.set("received", source);
    request.replaceTopVia({ ...via, parameters, received: source });
  }
}

/**
 * The port to which the response to a request goes that came by datagram.
 * RFC 3581 §4: with rport the one it came from. RFC 3261 §18.2.2: else that of sent-by.
 * `maddr` is not followed: it is for multicast, and would aim our responses at whom the sender names.
 */
export function responsePort(via: Via, remotePort: number): number {
  return via.rport === undefined ? sentByPort(via) : remotePort;
}

/** RFC 3261 §18.2.2: the port in sent-by, or the protocol's own. */
export function sentByPort(via: Via): number {
  return via.port ?? portsByName.get(via.protocol) ?? defaultPorts.UDP;
}

const portsByName: ReadonlyMap<string, number> = new Map(Object.entries(defaultPorts));
