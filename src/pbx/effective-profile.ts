import { type Finding, findFinding } from "./finding.ts";
import type { PbxConfiguration } from "./pbx-configuration.ts";
import { configure, makeProfile, type ProfileConfiguration, withValues } from "./profile-configuration.ts";
import type { Profile, ProfileValues } from "./profile.ts";
import { generic } from "./profiles/generic.ts";
import { findProfile } from "./profiles/index.ts";

/**
 * A PBX's profile; over it what a check has found out, and over that the keys that its configuration has otherwise.
 * `written` is the installation's own profile of that name, if there is one. A profile that is not known is taken as
 * `generic`.
 */
export function effectiveProfile(
  pbx: Pick<PbxConfiguration, "profile" | "overrides">,
  written?: ProfileConfiguration,
  findings: readonly Finding[] = [],
): Profile {
  const kind = written === undefined ? (findProfile(pbx.profile) ?? generic) : ownProfile(written);
  return configure(withFindings(kind, findings), pbx.overrides);
}

/** What was seen at this very PBX is worth more than what its kind is known for; what was not seen changes nothing. */
function withFindings(kind: Profile, findings: readonly Finding[]): Profile {
  const verdictOf = (id: "redirect" | "redirectAfterRinging" | "secondCall") => {
    const verdict = findFinding(findings, id)?.verdict;
    return verdict === "unknown" ? undefined : verdict;
  };
  const followsRedirect = verdictOf("redirect");
  const afterRinging = verdictOf("redirectAfterRinging");
  const secondCall = verdictOf("secondCall");
  const ringLimit = findFinding(findings, "ringLimit")?.seconds;
  const hasOneChannel = findFinding(findings, "secondChannel")?.verdict === "no";
  const found: Partial<ProfileValues> = {
    ...(followsRedirect !== undefined && { followsRedirect }),
    ...(afterRinging !== undefined && { redirectAfterRinging: afterRinging === "yes" }),
    ...(secondCall !== undefined && { secondCall }),
    ...(ringLimit !== undefined && { ringLimit }),
    ...(hasOneChannel && { callsPerLine: 1 }),
  };
  return withValues(kind, found, { level: "found" });
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
