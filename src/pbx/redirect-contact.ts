import type { PbxConfiguration } from "./pbx-configuration.ts";
import type { Profile } from "./profile.ts";
import { hostOf } from "./hosts.ts";

/** Host and port of a registrar's URI, without its parameters. */
const hostAndPortForm = /^sips?:(?:[^@]*@)?((?:\[[^\]]*\]|[^:;?]*)(?::\d+)?)/i;

/**
 * The URI of a 302's Contact: one target, scheme `sip:`, at the PBX's domain or registrar. Never at our own address:
 * the call would come straight back. `contactUser` is a resolved target's, escaped already.
 */
export function redirectContact(
  pbx: Pick<PbxConfiguration, "registrar" | "domain">,
  profile: Pick<Profile, "redirectHost" | "redirectParameters">,
  contactUser: string,
): string {
  const registrar = hostAndPortForm.exec(pbx.registrar)?.[1] ?? hostOf(pbx.registrar);
  const host = profile.redirectHost === "domain" ? pbx.domain : registrar;
  const parameters = profile.redirectParameters;
  const separator = parameters === "" || parameters.startsWith(";") ? "" : ";";
  return `sip:${contactUser}@${host}${separator}${parameters}`;
}
