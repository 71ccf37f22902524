import type { PbxConfiguration } from "./pbx-configuration.ts";

type Named = Pick<PbxConfiguration, "registrar" | "domain">;

/** `sip:user@host:port;parameters` of which the host is wanted; IPv6 in brackets. */
const sipHostForm = /^sips?:(?:[^@]*@)?(\[[^\]]*\]|[^:;?]*)/i;

/** Host of a SIP URI, lower-case; empty when there is none. */
export function hostOf(uri: string): string {
  return sipHostForm.exec(uri)?.[1]?.toLowerCase() ?? "";
}

/** The names under which a PBX itself is meant, lower-case: its domain and its registrar. */
export function pbxHosts(pbx: Named): ReadonlySet<string> {
  return new Set([pbx.domain.toLowerCase(), hostOf(pbx.registrar)].filter((host) => host !== ""));
}
