/** By which flow a phone is reached: always the one that it proved itself by, whatever it writes of itself. */
import type { Flow, SipUri } from "../sip/user-agent.ts";

/** From the socket of a datagram's flow to another port at the address that it came from. */
export type ToPort = (flow: Flow, port: number) => Flow;

/** What a phone says of where it is, and by which flow it said so. */
export interface PhonePlace {
  /** Its Contact. */
  readonly uri: SipUri;
  readonly flow: Flow;
  /** RFC 5626 §6: it wants to be reached by the flow. */
  readonly isOutbound?: boolean;
}

/**
 * A connection carries both ways (RFC 5626 §5.3). A datagram's sender is answered where it sends from. The port that its
 * Contact names is believed where no NAT stands between, which shows in a Contact that names the sender's own address;
 * another host is never believed: whoever holds a phone's password could have us call whom they like.
 */
export function flowToPhone({ uri, flow, isOutbound = false }: PhonePlace, toPort: ToPort): Flow {
  if (flow.isReliable || isOutbound || !isAt(uri, flow.remoteAddress)) return flow;
  // RFC 3261 §19.1.2: without a port it is UDP's own.
  return toPort(flow, uri.port ?? 5060);
}

/** Datagrams reach it as long as a NAT remembers that it has sent some. */
export function needsKeepAlive({ uri, flow, isOutbound = false }: PhonePlace): boolean {
  return !flow.isReliable && (isOutbound || !isAt(uri, flow.remoteAddress));
}

/**
 * Whether a Contact names a server's place and not where the phone sends from. It would be of no use, since a Contact is
 * not followed; a phone that says so is up to something, or badly set up, and is told.
 */
export function namesServer(
  uri: SipUri,
  flow: Flow,
  isServer: (host: string, port: number) => boolean,
): boolean {
  const isSecure = uri.scheme === "sips" || uri.parameters.get("transport")?.toLowerCase() === "tls";
  const port = uri.port ?? (isSecure ? 5061 : 5060);
  const isOwnSource = isAt(uri, flow.remoteAddress) && port === flow.remotePort;
  return !isOwnSource && isServer(uri.host, port);
}

function isAt({ host }: SipUri, address: string): boolean {
  return host === address || host === `[${address}]`;
}
