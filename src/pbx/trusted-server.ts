import { hostOf, pbxHosts } from "./hosts.ts";
import type { PbxConfiguration } from "./pbx-configuration.ts";

/** How a PBX is known over TLS: a certificate for its domain, its registrar or its outbound proxy is its own. */
export function trustedServer(pbx: PbxConfiguration): { hosts: string[]; ca?: string; verify: boolean } {
  const proxy = pbx.outboundProxy === undefined ? "" : hostOf(pbx.outboundProxy);
  const hosts = [...new Set([...pbxHosts(pbx), proxy])].filter((host) => host !== "");
  const { ca, verify } = pbx.tls ?? { verify: true };
  return ca === undefined ? { hosts, verify } : { hosts, ca, verify };
}
