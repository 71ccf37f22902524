import type { PbxConfiguration } from "./pbx-configuration.ts";
import type { Profile } from "./profile.ts";
import { generic } from "./profiles/generic.ts";
import { findProfile } from "./profiles/index.ts";

/** A PBX's profile with the keys that its configuration has otherwise. A profile that is not known is taken as `generic`. */
export function effectiveProfile(pbx: Pick<PbxConfiguration, "profile" | "overrides">): Profile {
  return { ...(findProfile(pbx.profile) ?? generic), ...pbx.overrides };
}

/**
 * Whether calls are redirected (else they are relayed). `auto` goes by the profile; where that does not know, by 302:
 * it needs no channel of the line, and most PBXs that were tried follow it.
 */
export function followsRedirect(pbx: Pick<PbxConfiguration, "redirect">, profile: Profile): boolean {
  return pbx.redirect === "auto" ? profile.followsRedirect !== "no" : pbx.redirect === "yes";
}
