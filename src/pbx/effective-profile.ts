import type { PbxConfiguration } from "./pbx-configuration.ts";
import { configure, makeProfile, type ProfileConfiguration } from "./profile-configuration.ts";
import type { Profile } from "./profile.ts";
import { generic } from "./profiles/generic.ts";
import { findProfile } from "./profiles/index.ts";

/**
 * A PBX's profile with the keys that its configuration has otherwise. `written` is the installation's own profile of
 * that name, if there is one. A profile that is not known is taken as `generic`.
 */
export function effectiveProfile(
  pbx: Pick<PbxConfiguration, "profile" | "overrides">,
  written?: ProfileConfiguration,
): Profile {
  return configure(
    written === undefined ? (findProfile(pbx.profile) ?? generic) : ownProfile(written),
    pbx.overrides,
  );
}

/** A profile that the installation has written for itself. */
export function ownProfile(written: ProfileConfiguration): Profile {
  return makeProfile(written, findProfile(written.basedOn) ?? generic);
}

/**
 * Whether calls are redirected (else they are relayed). `auto` goes by the profile; where that does not know, by 302:
 * it needs no channel of the line, and most PBXs that were tried follow it.
 */
export function followsRedirect(pbx: Pick<PbxConfiguration, "redirect">, profile: Profile): boolean {
  return pbx.redirect === "auto" ? profile.followsRedirect !== "no" : pbx.redirect === "yes";
}
