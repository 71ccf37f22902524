import { fail, succeed } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";
import type { CertificateFiles } from "./certificates.ts";
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
  /** TLS and WSS: at least one; which is shown depends on the name that a client asks for, the first where none fits. */
  readonly certificates?: readonly CertificateFiles[];
  /** WS and WSS: the web pages that may connect, lower-case; absent: all. */
  readonly origins?: readonly string[];
}

/** RFC 3261 §19.1.2, RFC 7118 §5.2: the port of a protocol when none is written. */
export const defaultPorts: Readonly<Record<TransportProtocol, number>> = {
  UDP: 5060,
  TCP: 5060,
  TLS: 5061,
  WS: 80,
  WSS: 443,
};

const form = /^(udp|tcp|tls|ws|wss):\/\/(\[[^\]]*\]|[^:/?#]*)(?::(\d{1,5}))?\/?(?:\?([^#\s]*))?$/i;

/** What may stand in the query of which protocol. */
const settings: Readonly<Record<string, readonly TransportProtocol[]>> = {
  advertise: ["UDP", "TCP", "TLS", "WS", "WSS"],
  cert: ["TLS", "WSS"],
  key: ["TLS", "WSS"],
  origin: ["WS", "WSS"],
};

/**
 * Reads `udp://0.0.0.0:5060`, `tcp://[::]`, `udp://10.0.0.5:5060?advertise=sip.example.com`,
 * `tls://0.0.0.0?cert=/etc/divert/cert.pem&key=/etc/divert/key.pem`, `wss://0.0.0.0?cert=…&origin=https://phone.example`.
 * The failure is a sentence for the person who wrote it.
 */
export function parseListeningPoint(text: string): Result<ListeningPoint, string> {
  const match = form.exec(text.trim());
  if (match === null) {
    return fail(`"${text}" is no listening point; write for instance udp://0.0.0.0:5060`);
  }
  const [, scheme = "", host = "", portText, query = ""] = match;
  const protocol = scheme.toUpperCase() as TransportProtocol; // The expression lets no other word through.
  const address = canonicalAddress(host);
  if (address === undefined) {
    return fail(
      `"${host}" in "${text}" is no address of this machine; write a numeric one, or 0.0.0.0 for all`,
    );
  }
  const port = portText === undefined ? defaultPorts[protocol] : Number(portText);
  if (port > 65_535) return fail(`port ${port} in "${text}" is above 65535`);
  const read = readSettings(query, protocol, text);
  return read.ok ? succeed({ protocol, address, port, ...read.value }) : read;
}

type Settings = Pick<ListeningPoint, "advertisedHost" | "certificates" | "origins">;

function readSettings(query: string, protocol: TransportProtocol, text: string): Result<Settings, string> {
  let advertisedHost: string | undefined;
  const certificates: { certificate: string; key: string }[] = [];
  const origins: string[] = [];
  for (const part of query === "" ? [] : query.split("&")) {
    const [name, written] = splitOnce(part);
    if (settings[name]?.includes(protocol) !== true) {
      return fail(`"${name}" in "${text}" means nothing for ${protocol}`);
    }
    const value = decode(written);
    if (value === undefined || value === "") return fail(`"${name}" in "${text}" has no value`);
    const last = certificates.at(-1);
    if (name === "advertise") {
      advertisedHost = hostOf(value);
      if (advertisedHost === undefined) return fail(`"${value}" in "${text}" is no host to advertise`);
    } else if (name === "cert") {
      // A file may hold both.
      certificates.push({ certificate: value, key: value });
    } else if (name === "origin") {
      origins.push(value.toLowerCase());
    } else if (last !== undefined && last.key === last.certificate) {
      last.key = value;
    } else {
      return fail(`a "key" in "${text}" belongs to no "cert" before it`);
    }
  }
  if (certificates.length === 0 && (protocol === "TLS" || protocol === "WSS")) {
    return fail(`"${text}" has no certificate; write ${protocol.toLowerCase()}://…?cert=FILE&key=FILE`);
  }
  return succeed({
    ...(advertisedHost !== undefined && { advertisedHost }),
    ...(certificates.length > 0 && { certificates }),
    ...(origins.length > 0 && { origins }),
  });
}

function splitOnce(part: string): [string, string] {
  const mark = part.indexOf("=");
  return mark === -1 ? [part, ""] : [part.slice(0, mark), part.slice(mark + 1)];
}

function decode(written: string): string | undefined {
  try {
    return decodeURIComponent(written);
  } catch {
    return undefined;
  }
}

function hostOf(advertised: string): string | undefined {
  const numeric = canonicalAddress(advertised);
  if (numeric !== undefined) return hostOfAddress(numeric);
  return /^[\w.-]+$/.test(advertised) ? advertised.toLowerCase() : undefined;
}

/** `udp://0.0.0.0:5060`: for messages to people; `parseListeningPoint` reads it back. */
export function serializeListeningPoint(point: ListeningPoint): string {
  const { protocol, address, port, advertisedHost, certificates = [], origins = [] } = point;
  const parts = [
    ...(advertisedHost === undefined ? [] : [`advertise=${advertisedHost}`]),
    ...certificates.flatMap(({ certificate, key }) => [
      `cert=${encode(certificate)}`,
      ...(key === certificate ? [] : [`key=${encode(key)}`]),
    ]),
    ...origins.map((origin) => `origin=${encode(origin)}`),
  ];
  const query = parts.length === 0 ? "" : `?${parts.join("&")}`;
  return `${protocol.toLowerCase()}://${hostOfAddress(address)}:${port}${query}`;
}

/** Slashes and colons are left to read. */
function encode(value: string): string {
  return encodeURIComponent(value).replaceAll("%2F", "/").replaceAll("%3A", ":");
}
