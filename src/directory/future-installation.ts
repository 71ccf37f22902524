import { siteFaults } from "../numbering/site-faults.ts";
import type { Site } from "../numbering/site.ts";
import type { PbxConfiguration } from "../pbx/pbx-configuration.ts";
import type { ProfileConfiguration } from "../pbx/profile-configuration.ts";
import { type ConfigurationDraft, type Drafted, isSound } from "./configuration-draft.ts";
import type { LineConfiguration, LineGroup } from "./installation.ts";

/** What is there already, by id. */
export interface ExistingInstallation {
  readonly sites: ReadonlyMap<string, Site>;
  readonly profiles: ReadonlyMap<string, ProfileConfiguration>;
  readonly pbxs: ReadonlyMap<string, PbxConfiguration>;
  readonly groups: ReadonlyMap<string, LineGroup>;
  readonly lines: ReadonlyMap<string, LineConfiguration>;
}

export const nothingExists: ExistingInstallation = {
  sites: new Map(),
  profiles: new Map(),
  pbxs: new Map(),
  groups: new Map(),
  lines: new Map(),
};

/** Items by id; undefined where one is named but faulty in itself: what refers to it is not at fault for that. */
type Future<Item> = ReadonlyMap<string, Item | undefined>;

/** What will be there once the configuration is applied. */
export interface FutureInstallation {
  readonly sites: Future<Site>;
  readonly profiles: Future<ProfileConfiguration>;
  readonly pbxs: Future<PbxConfiguration>;
  readonly groups: Future<LineGroup>;
  readonly lines: Future<LineConfiguration>;
}

export function foresee(
  draft: ConfigurationDraft,
  existing: ExistingInstallation,
  prune: boolean,
): FutureInstallation {
  const stays = prune ? nothingExists : existing;
  const sites = overlay(stays.sites, draft.sites);
  for (const [id, site] of sites) {
    if (site !== undefined && siteFaults(site).length > 0) sites.set(id, undefined);
  }
  return {
    sites,
    profiles: overlay(stays.profiles, draft.profiles),
    pbxs: overlay(stays.pbxs, draft.pbxs),
    groups: overlay(stays.groups, draft.groups),
    lines: overlay(stays.lines, draft.lines),
  };
}

function overlay<Item extends { readonly id: string }>(
  existing: ReadonlyMap<string, Item>,
  drafted: readonly Drafted<Item>[],
): Map<string, Item | undefined> {
  const future = new Map<string, Item | undefined>(existing);
  for (const item of drafted) {
    if (isSound(item)) future.set(item.id, item);
    else if (item.id !== undefined) future.set(item.id, undefined);
  }
  return future;
}
