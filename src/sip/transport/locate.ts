/** RFC 3263: from a SIP URI to the addresses at which to try its servers, in order. */
import type { RandomSource } from "../../base/random.ts";
import { fail, succeed } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";
import type { SipUri } from "../message/uri.ts";
import { canonicalAddress } from "./ip-address.ts";
import { defaultPorts } from "./listening-point.ts";
import type { Resolver } from "./resolver.ts";
import { orderServers } from "./srv-order.ts";
import type { Endpoint, TransportProtocol } from "./transport.ts";

export interface LocateOptions {
  readonly resolver: Resolver;
  /** What we speak, the preferred first. */
  readonly protocols: readonly TransportProtocol[];
  readonly random: RandomSource;
}

/** A server whose name is still to be resolved. */
interface Server {
  readonly protocol: TransportProtocol;
  readonly target: string;
  readonly port: number;
}

/** What a hostile zone can make us ask and try. */
const mostServers = 16;
const mostEndpoints = 32;

/** RFC 3263 §4.1 and its registry: the services of NAPTR that we know. */
const naptrServices: ReadonlyMap<string, TransportProtocol> = new Map([
  ["SIP+D2U", "UDP"],
  ["SIP+D2T", "TCP"],
  ["SIPS+D2T", "TLS"],
]);

const srvPrefixes: Readonly<Partial<Record<TransportProtocol, string>>> = {
  UDP: "_sip._udp.",
  TCP: "_sip._tcp.",
  TLS: "_sips._tcp.",
};

const transportParameters: ReadonlyMap<string, TransportProtocol> = new Map([
  ["udp", "UDP"],
  ["tcp", "TCP"],
  ["tls", "TLS"],
  ["ws", "WS"],
  ["wss", "WSS"],
]);

/** What a request may go by when its URI names no transport. */
const schemeProtocols: Readonly<Record<SipUri["scheme"], readonly TransportProtocol[]>> = {
  sip: ["UDP", "TCP", "TLS"],
  sips: ["TLS"],
};

/** RFC 3261 §26.2.2: sips means TLS over what the parameter names. */
const secureForms: Readonly<Partial<Record<TransportProtocol, TransportProtocol>>> = {
  TCP: "TLS",
  TLS: "TLS",
  WS: "WSS",
  WSS: "WSS",
};

/**
 * The endpoints to try for a request to `uri` (or for its topmost Route), in order; never an empty list. The failure is a
 * sentence for people: the name is unknown, DNS failed, or the URI asks for a transport that we do not speak.
 */
export async function locateServers(
  uri: SipUri,
  options: LocateOptions,
): Promise<Result<Endpoint[], string>> {
  const asked = askedProtocol(uri);
  if (!asked.ok) return asked;
  const spoken = options.protocols.filter((protocol) => schemeProtocols[uri.scheme].includes(protocol));
  // RFC 3263 §4.1: UDP for sip and TLS for sips where nothing says more.
  const protocol = asked.value ?? (spoken.includes("UDP") ? "UDP" : spoken[0]);
  if (protocol === undefined || !options.protocols.includes(protocol)) {
    return fail(
      `no ${protocol ?? schemeProtocols[uri.scheme].join(" or ")} transport is open to reach ${uri.host}`,
    );
  }
  // RFC 3263 §4: the target is the maddr parameter, else the host.
  const target = uri.parameters.get("maddr") ?? uri.host;
  const port = uri.port ?? defaultPorts[protocol];

  // RFC 3263 §4.1, §4.2: a numeric target, or one with a port, is asked for no more than its address.
  const address = canonicalAddress(target);
  if (address !== undefined) return succeed([endpointOf(protocol, address, port, target)]);
  // RFC 7118, appendix B.1: whoever cannot be connected to writes such a name. Only its own connection leads there.
  if (/\.invalid\.?$/i.test(target))
    return fail(`${target} is reached by its own connection alone, which is closed`);
  const asking = { resolver: options.resolver, domain: target };
  if (uri.port !== undefined) return resolveServers([{ protocol, target, port }], asking);

  // Asked at the same time: DNS that is silent costs its time-out once.
  const named = asked.value === undefined ? findByNaptr(target, spoken, options) : Promise.resolve([]);
  const served = findBySrv(target, asked.value === undefined ? spoken : [protocol], options);
  const plain = resolveServers([{ protocol, target, port }], asking);

  const byNaptr = await named;
  if (byNaptr.length > 0) return resolveServers(byNaptr, asking);
  const bySrv = await served;
  if (bySrv.servers.length > 0) return resolveServers(bySrv.servers, asking);
  if (bySrv.isRefused) return fail(`DNS says that there is no SIP service at ${target}`);
  // RFC 3263 §4.2: no SRV records, so the name itself.
  return plain;
}

/**
 * All addresses that the name of `uri` stands for, by whatever transport: those from which its server may call us.
 */
export async function resolveAddresses(
  uri: SipUri,
  options: Omit<LocateOptions, "protocols">,
): Promise<Result<string[], string>> {
  const parameters = new Map([...uri.parameters].filter(([name]) => name !== "transport"));
  const located = await locateServers(
    { ...uri, scheme: "sip", parameters },
    { ...options, protocols: ["UDP", "TCP", "TLS"] },
  );
  if (!located.ok) return located;
  return succeed([...new Set(located.value.map((endpoint) => endpoint.address))]);
}

function askedProtocol(uri: SipUri): Result<TransportProtocol | undefined, string> {
  const written = uri.parameters.get("transport")?.toLowerCase();
  if (written === undefined) return succeed(undefined);
  const asked = transportParameters.get(written);
  const protocol = asked !== undefined && uri.scheme === "sips" ? secureForms[asked] : asked;
  return protocol === undefined
    ? fail(`"${written}" is no transport for a ${uri.scheme} URI`)
    : succeed(protocol);
}

/** RFC 3263 §4.1: the servers that NAPTR records lead to, of the protocols we speak, in their order. */
async function findByNaptr(
  name: string,
  protocols: readonly TransportProtocol[],
  options: LocateOptions,
): Promise<Server[]> {
  const answer = await options.resolver.naptr(name);
  if (!answer.ok) return [];
  const ordered = answer.value.records.toSorted(
    (one, other) => one.order - other.order || one.preference - other.preference,
  );
  const found = ordered.slice(0, mostServers).map(async ({ service, flags, replacement }) => {
    const protocol = naptrServices.get(service.toUpperCase());
    if (protocol === undefined || !protocols.includes(protocol)) return [];
    if (flags.toLowerCase() !== "s") return [];
    return (await askSrv(replacement, protocol, options)).servers;
  });
  return (await Promise.all(found)).flat();
}

interface SrvOutcome {
  readonly servers: readonly Server[];
  /** RFC 2782: the target "." says that the service is decidedly not there. */
  readonly isRefused: boolean;
}

/** RFC 3263 §4.1: without NAPTR one SRV question for each protocol, in the order of our preference. */
async function findBySrv(
  name: string,
  protocols: readonly TransportProtocol[],
  options: LocateOptions,
): Promise<SrvOutcome> {
  const asked = protocols.flatMap((protocol) => {
    const prefix = srvPrefixes[protocol];
    return prefix === undefined ? [] : [askSrv(prefix + name, protocol, options)];
  });
  const outcomes = await Promise.all(asked);
  return {
    servers: outcomes.flatMap((outcome) => outcome.servers),
    isRefused: outcomes.some((outcome) => outcome.isRefused),
  };
}

async function askSrv(
  name: string,
  protocol: TransportProtocol,
  options: LocateOptions,
): Promise<SrvOutcome> {
  const answer = await options.resolver.srv(name);
  if (!answer.ok) return { servers: [], isRefused: false };
  const { records } = answer.value;
  const present = records.filter(({ target, port }) => target !== "" && target !== "." && port > 0);
  const ordered = orderServers(present.slice(0, mostServers), options.random);
  return {
    servers: ordered.map(({ target, port }) => ({ protocol, target, port })),
    isRefused: records.length > 0 && present.length === 0,
  };
}

/**
 * RFC 5922 §4: whatever DNS leads to, the certificate must bear the name that was asked for: DNS itself proves nothing.
 */
function endpointOf(protocol: TransportProtocol, address: string, port: number, domain: string): Endpoint {
  const isSecure = protocol === "TLS" || protocol === "WSS";
  return isSecure ? { protocol, address, port, domain } : { protocol, address, port };
}

/** All addresses of the servers, in the order of the servers; IPv4 before IPv6 of one server. */
async function resolveServers(
  servers: readonly Server[],
  { resolver, domain }: { readonly resolver: Resolver; readonly domain: string },
): Promise<Result<Endpoint[], string>> {
  const lookups = servers.map((server) =>
    Promise.all([resolver.a(server.target), resolver.aaaa(server.target)]),
  );
  const endpoints: Endpoint[] = [];
  const seen = new Set<string>();
  let failure: string | undefined;
  for (const [index, answers] of (await Promise.all(lookups)).entries()) {
    const server = servers[index];
    if (server === undefined) continue;
    for (const answer of answers) {
      if (!answer.ok) {
        failure ??= answer.failure;
        continue;
      }
      for (const address of answer.value.records) {
        const key = `${server.protocol} ${address} ${server.port}`;
        if (seen.has(key) || endpoints.length >= mostEndpoints) continue;
        seen.add(key);
        endpoints.push(endpointOf(server.protocol, address, server.port, domain));
      }
    }
  }
  if (endpoints.length > 0) return succeed(endpoints);
  const names = [...new Set(servers.map((server) => server.target))].join(", ");
  return fail(`${names} has no address: ${failure ?? "DNS knows none"}`);
}
