import { fail, succeed } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";
import { canonicalAddress, hostOfAddress } from "./ip-address.ts";
import type { TransportProtocol } from "./transport.ts";

/** Where Divert listens for SIP. */
export interface ListeningPoint {
  readonly protocol: TransportProtocol;
  /** Numeric, without brackets; `0.0.0.0` and `::` stand for every address of the machine. */
  readonly address: string;
  /** 0 lets the system choose: for tests. */
  readonly port: number;
  /** What stands in Via and Contact instead of the socket's own address: behind a NAT or in a container. */
  readonly advertisedHost?: string;
}

/** RFC 3261 §19.1.2, RFC 7118 §5.2: the port of a protocol when none is written. */
export const defaultPorts: Readonly<Record<TransportProtocol, number>> = {
  UDP: 5060,
  TCP: 5060,
  TLS: 5061,
  WS: 80,
  WSS: 443,
};

const form =
  /^(udp|tcp|tls|ws|wss):\/\/(\[[^\]]*\]|[^:/?#]*)(?::(\d{1,5}))?\/?(?:\?advertise=([\w.:[\]-]+))?$/i;

/**
 * Reads `udp://0.0.0.0:5060.`, `tcp://[::]`, `udp://10.0.0.5:5060?advertise=sip.example.com`.
 * The failure is a sentence for the person who wrote it.
 */
export function parseListeningPoint(text: string): Result<ListeningPoint, string> {
  const match = form.exec(text.trim());
  if (match === null) {
    return fail(`"${text}" is no listening point; write for instance udp://0.0.0.0:5060`);
  }
  const [, scheme = "", host = "", portText, advertised] = match;
  const protocol = scheme.toUpperCase() as TransportProtocol; // The expression lets no other word through.
  const address = canonicalAddress(host);
  if (address === undefined) {
    return fail(
      `"${host}" in "${text}" is no address of this machine; write a numeric one, or 0.0.0.0 for all`,
    );
  }
  const port = portText === undefined ? defaultPorts[protocol] : Number(portText);
  if (port > 65_535) return fail(`port ${port} in "${text}" is above 65535`);
  if (advertised === undefined) return succeed({ protocol, address, port });
  const numeric = canonicalAddress(advertised);
  const advertisedHost = numeric === undefined ? advertised.toLowerCase() : hostOfAddress(numeric);
  return succeed({ protocol, address, port, advertisedHost });
}

/** `udp://0.0.0.0:5060`: for messages to people; `parseListeningPoint` reads it back. */
export function serializeListeningPoint(point: ListeningPoint): string {
  const advertise = point.advertisedHost === undefined ? "" : `?advertise=${point.advertisedHost}`;
  return `${point.protocol.toLowerCase()}://${hostOfAddress(point.address)}:${point.port}${advertise}`;
}
