import type { Callers, Forwarding, When } from "../forwarding/rules.ts";
import type { DoNotDisturbSetting } from "./do-not-disturb.ts";
import type { ForwardingOwner } from "./installation.ts";

/** Ids (names, of users and tokens) whose rows came, changed, or went. */
export interface Delta {
  readonly created: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

export type InstallationSection = "sites" | "profiles" | "pbxs" | "groups" | "lines" | "users" | "tokens";

/** What happened to the directory; told after it is on disk and holds in memory. */
export type DirectoryEvent = ForwardingChanged | DoNotDisturbChanged | FindingsRecorded | InstallationChanged;

/** One rule was set or removed, by the API or by a configuration file. */
export interface ForwardingChanged {
  readonly kind: "forwarding";
  readonly owner: ForwardingOwner;
  readonly when: When;
  readonly callers: Callers;
  /** The rule that holds now; absent: it was removed. */
  readonly forwarding?: Forwarding;
  /** Who did it: name of a user or token, `configuration`, or `local`. */
  readonly actor: string;
}

/** Do not disturb of a line was switched on or off, or leads elsewhere. */
export interface DoNotDisturbChanged {
  readonly kind: "doNotDisturb";
  readonly line: string;
  readonly setting: DoNotDisturbSetting;
  /** As above. */
  readonly actor: string;
}

/** A check has found something out of a PBX, which may change what its lines' rules do. */
export interface FindingsRecorded {
  readonly kind: "findings";
  /** Id of the PBX. */
  readonly pbx: string;
  readonly actor: string;
}

/**
 * A configuration was applied. A line stands under `changed` too when its group or its PBX changed, or the PBX's site or profile:
 * whatever is derived from it has to be made anew.
 */
export interface InstallationChanged {
  readonly kind: "installation";
  readonly sections: Readonly<Record<InstallationSection, Delta>>;
  readonly actor: string;
}
