import type { TargetPbx } from "../numbering/target.ts";
import { pbxHosts } from "./hosts.ts";
import type { PbxConfiguration } from "./pbx-configuration.ts";
import type { Profile } from "./profile.ts";

/** What resolving a target must know of the PBX. */
export function targetPbx(
  pbx: Pick<PbxConfiguration, "registrar" | "domain">,
  profile: Profile,
  hasLine: (extension: string) => boolean = () => false,
): TargetPbx {
  const { redirectNumber, namedExtensions, hash } = profile;
  return { hosts: pbxHosts(pbx), redirectNumber, namedExtensions, hash, hasLine };
}
