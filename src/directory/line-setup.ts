import type { Result } from "../base/result.ts";
import type { Owner } from "../forwarding/reasons.ts";
import { compileSite, type NumberPlan } from "../numbering/number-plan.ts";
import type { Site } from "../numbering/site.ts";
import { type ResolvedTarget, resolveTarget, type TargetFault } from "../numbering/target.ts";
import { defaultTargetPolicy, type TargetPolicy } from "../numbering/target-policy.ts";
import { effectiveProfile } from "../pbx/effective-profile.ts";
import { type Finding, noFindings } from "../pbx/finding.ts";
import type { PbxConfiguration } from "../pbx/pbx-configuration.ts";
import type { ProfileConfiguration } from "../pbx/profile-configuration.ts";
import type { Known, Profile } from "../pbx/profile.ts";
import { targetPbx } from "../pbx/target-pbx.ts";
import type { Line } from "./directory-store.ts";
import type { LineConfiguration, LineGroup, TargetRights } from "./installation.ts";

/** A PBX with all that is derived from it. */
export interface PbxSetup {
  readonly pbx: PbxConfiguration;
  readonly site: Site;
  /** The PBX's profile with its own keys laid over. */
  readonly profile: Profile;
  readonly plan: NumberPlan;
}

/** A line with all that its calls and its registration depend on. */
export interface LineSetup extends PbxSetup {
  readonly line: Line;
  readonly group: LineGroup;
}

const plans = new WeakMap<Site, { readonly others: readonly Site[]; readonly plan: NumberPlan }>();
const profilesOfPbxs = new WeakMap<
  PbxConfiguration,
  {
    readonly written: ProfileConfiguration | undefined;
    readonly findings: readonly Finding[];
    readonly profile: Profile;
  }
>();

/** A site's numbering, with that of the sites that are internal there; made once as long as these stay as they are. */
export function planOf(site: Site, findSite: (id: string) => Site | undefined): NumberPlan {
  const others = (site.internalSites ?? []).flatMap((id) => findSite(id) ?? []);
  const known = plans.get(site);
  const isSame =
    known?.others.length === others.length && others.every((other, at) => other === known.others[at]);
  if (known !== undefined && isSame) return known.plan;
  const plan = compileSite(site, others);
  plans.set(site, { others, plan });
  return plan;
}

/**
 * Derives what belongs to a PBX, once per PBX, profile and findings as long as they stay as they are. `plan`: its site's,
 * which has no faults; `written` is the installation's own profile that the PBX names, if it does.
 */
export function setUpPbx(
  pbx: PbxConfiguration,
  plan: NumberPlan,
  written: ProfileConfiguration | undefined,
  findings: readonly Finding[] = noFindings,
): PbxSetup {
  let known = profilesOfPbxs.get(pbx);
  if (known === undefined || known.written !== written || known.findings !== findings) {
    known = { written, findings, profile: effectiveProfile(pbx, written, findings) };
    profilesOfPbxs.set(pbx, known);
  }
  return { pbx, site: plan.site, profile: known.profile, plan };
}

/** Whether the PBX delivers a second call to the line: as the line says, else as its PBX's kind does. */
export function secondCallOf({ line, profile }: Pick<LineSetup, "line" | "profile">): Known {
  return line.secondCall === "unknown" ? profile.secondCall : line.secondCall;
}

/** Whose forwarding it is: a line's own goes by the rights of its user, a group's by those of administrators. */
export function rightsOf({ targets, groupTargets = targets }: LineGroup, owner: Owner): TargetRights {
  return owner === "group" ? groupTargets : targets;
}

export type TargetResolver = (target: string) => Result<ResolvedTarget, TargetFault>;

/** Reads targets as typed for lines of this PBX, as far as those rights go. `hasLine` tells the PBX's extensions that are lines of ours. */
export function targetResolver(
  { pbx, profile, plan }: PbxSetup,
  rights: TargetRights,
  hasLine: (extension: string) => boolean,
): TargetResolver {
  const written = targetPbx(pbx, profile, hasLine);
  const policy: TargetPolicy = { ...defaultTargetPolicy, ...rights };
  return (target) => resolveTarget(target, plan, written, policy);
}

/**
 * By what a line is meant at its PBX, in canonical form: a target that is one of these is the line itself. Without a
 * plan (the site is at fault) as it is written.
 */
export function identitiesOf(
  { extension, username }: Pick<LineConfiguration, "extension" | "username">,
  plan: NumberPlan | undefined,
): ReadonlySet<string> {
  const canonical = (name: string): string => plan?.canonical(name).key ?? name;
  return new Set([canonical(extension), canonical(username)]);
}
