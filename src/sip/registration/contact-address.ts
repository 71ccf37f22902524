import { isIP } from "node:net";
import type { SipResponse } from "../message/message.ts";
import type { NameAddr } from "../message/name-addr.ts";
import { parseSipUri } from "../message/uri.ts";

/** Where we can be reached, as it stands in a Contact. */
export interface ContactAddress {
  /** An IPv6 address in brackets. */
  readonly host: string;
  readonly port: number;
  /** Absent: UDP. */
  readonly transport?: "tcp" | "tls" | "ws" | "wss";
  /** The host was configured, by who knows the way to us better than the other end does. */
  readonly isAdvertised?: boolean;
}

export function contactUri(user: string, { host, port, transport }: ContactAddress): string {
  const uri = `sip:${user}@${host}:${port}`;
  return transport === undefined ? uri : `${uri};transport=${transport}`;
}

export function isSameAddress(one: ContactAddress, other: ContactAddress): boolean {
  return one.host === other.host && one.port === other.port && one.transport === other.transport;
}

/**
 * Our own among a registrar's contacts, told by the user part: that is ours alone, while a registrar that helps clients
 * behind NATs may have put another host there. Of several the one with our address.
 */
export function findOwnContact(
  contacts: readonly NameAddr[],
  user: string,
  address: ContactAddress,
): NameAddr | undefined {
  const ours = contacts.filter(({ uri }) => parseSipUri(uri)?.user === user);
  return ours.find(({ uri }) => leadsTo(uri, address)) ?? ours[0];
}

/**
 * URIs of bindings of ours that lead where we are no longer: a process that was killed left them, and was elsewhere. None
 * is told where the list does not hold our address as we gave it, for then the registrar writes contacts its own way.
 */
export function findStrayContacts(
  contacts: readonly NameAddr[],
  user: string,
  address: ContactAddress,
): string[] {
  const ours = contacts.map(({ uri }) => uri).filter((uri) => parseSipUri(uri)?.user === user);
  return ours.some((uri) => leadsTo(uri, address)) ? ours.filter((uri) => !leadsTo(uri, address)) : [];
}

/** Whether a Contact URI names that address. */
export function leadsTo(contact: string, { host, port, transport }: ContactAddress): boolean {
  const uri = parseSipUri(contact);
  const written = uri?.parameters.get("transport")?.toLowerCase() ?? "udp";
  return uri?.host === host && (uri.port ?? 5060) === port && written === (transport ?? "udp");
}

/**
 * Where the other side saw our request come from: RFC 3261 §18.2.1 `received`, RFC 3581 §4 `rport`. Undefined where the
 * topmost Via tells nothing.
 *
 * A datagram comes from the very socket that we listen on, so its port is where we are reached. A connection comes from
 * a port of its own, which matters only when a NAT is in between: then the connection is the only way back.
 *
 * An address that was configured stands: the other end is bound to see another one, of which it tells us.
 */
export function observedAddress(response: SipResponse, known: ContactAddress): ContactAddress | undefined {
  const via = response.topVia;
  if (via === undefined || known.isAdvertised === true) return undefined;
  // What is no address in `received` is as good as nothing there: it would make a Contact that leads nowhere.
  const received = via.received !== undefined && isIP(via.received) !== 0 ? via.received : undefined;
  if (received === undefined && typeof via.rport !== "number") return undefined;
  const host = received === undefined ? via.host : hostOf(received);
  const seenPort = typeof via.rport === "number" ? via.rport : undefined;
  const isDatagram = known.transport === undefined;
  const port = isDatagram || host !== known.host ? (seenPort ?? known.port) : known.port;
  return { ...known, host, port };
}

function hostOf(address: string): string {
  return address.includes(":") && !address.startsWith("[") ? `[${address}]` : address;
}
