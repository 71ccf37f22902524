import type { PbxConfiguration } from "../pbx/pbx-configuration.ts";
import type { SipUri } from "../sip/user-agent.ts";
import { encodeText, escapeUser, parseSipUri } from "../sip/user-agent.ts";

/** Where a PBX's registrar is, in SIP's terms. */
export interface RegistrarPlace {
  /** Request-URI of REGISTER. */
  readonly uri: SipUri;
  /** Where the registrar is, where that is not the Request-URI. */
  readonly nextHop?: SipUri;
  /** The outbound proxy, by which everything goes. */
  readonly proxy?: SipUri;
  readonly route?: string;
  /** The names whose addresses may speak to us. */
  readonly names: readonly SipUri[];
  /** Hosts that a redirection may lead to by name, lower-case. */
  readonly hosts: ReadonlySet<string>;
}

/** A URI that is none is a bug: the configuration's schema has checked them. */
export function registrarPlace(configuration: PbxConfiguration): RegistrarPlace {
  const domain = encodeText(configuration.domain.toLowerCase());
  const registrar = withoutUser(uriOf(configuration.registrar));
  const proxy = configuration.outboundProxy === undefined ? undefined : uriOf(configuration.outboundProxy);
  const names = proxy === undefined ? [registrar] : [registrar, proxy];
  // RFC 3261 §10.2: the Request-URI names the domain; the registrar is where it goes, when that is another host.
  const isOtherDomain = domain !== registrar.host;
  const uri = isOtherDomain ? uriOf(`${registrar.scheme}:${domain}`) : registrar;
  return {
    uri,
    ...(isOtherDomain ? { nextHop: registrar } : undefined),
    ...(proxy === undefined ? undefined : { proxy }),
    // RFC 3261 §8.1.2: a proxy that is configured with `lr` wants to be named.
    ...(proxy?.parameters.has("lr") === true
      ? { route: `<${configuration.outboundProxy ?? ""}>` }
      : undefined),
    names,
    hosts: new Set([domain, ...names.map(({ host }) => host)]),
  };
}

/** The address-of-record of an account at a PBX. */
export function addressOfRecord({ uri }: RegistrarPlace, domain: string, username: string): string {
  return `${uri.scheme}:${escapeUser(username)}@${encodeText(domain)}`;
}

function uriOf(text: string): SipUri {
  const uri = parseSipUri(text);
  if (uri === undefined)
    throw new TypeError("a PBX's registrar, domain and outbound proxy must make SIP URIs");
  return uri;
}

function withoutUser({ scheme, host, port, parameters }: SipUri): SipUri {
  return { scheme, host, parameters, ...(port === undefined ? undefined : { port }) };
}
