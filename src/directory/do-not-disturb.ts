/** Do not disturb, as it is set on a line, and what is known of its past. */
import { hash } from "node:crypto";

/** As the user, or a configuration file, set it. */
export interface DoNotDisturbSetting {
  readonly enabled: boolean;
  /** Where callers go meanwhile, as it was typed; absent: they hear the group's answer. Kept while it is off. */
  readonly target?: string;
}

export interface StoredDoNotDisturb {
  /** Id of the line. */
  readonly line: string;
  readonly setting: DoNotDisturbSetting;
  /** Tag of what a configuration file set last; absent: no file ever set it. */
  readonly appliedTag?: string;
}

/** The setting that holds, with the tag for `If-Match`, without quotes. */
export interface CurrentDoNotDisturb {
  readonly setting: DoNotDisturbSetting;
  readonly etag: string;
}

/** What holds for a line on which nobody ever set it. */
export const disturbable: DoNotDisturbSetting = { enabled: false };

/** A hash of the content: the same setting has the same tag, over restarts and on every node. */
export function tagOf({ enabled, target }: DoNotDisturbSetting): string {
  return hash("sha256", JSON.stringify([enabled, target ?? null]), "hex").slice(0, 20);
}

/** The same setting made of its own keys alone. */
export function copySetting({ enabled, target }: DoNotDisturbSetting): DoNotDisturbSetting {
  return { enabled, ...(target !== undefined && { target: target.trim() }) };
}

/** Whether its user has changed it since a file set it, or set it before any file did. */
export function isUsers(present: StoredDoNotDisturb): boolean {
  return present.appliedTag !== tagOf(present.setting);
}

/** Names it for people, in reports. */
export function doNotDisturbName(line: string): string {
  return `do not disturb of line ${line}`;
}
