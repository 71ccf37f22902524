import {
  doNotDisturbName,
  type DoNotDisturbSetting,
  disturbable,
  isUsers,
  type StoredDoNotDisturb,
  tagOf,
} from "./do-not-disturb.ts";

/**
 * What a configuration file makes of do not disturb: as with rules, a setting belongs to the file as long as it is
 * what a file set last; once its user has changed it, it is the user's and stays.
 */
export class DoNotDisturbPlan {
  readonly put: StoredDoNotDisturb[] = [];
  readonly remove: string[] = [];
  readonly created: string[] = [];
  readonly changed: string[] = [];
  readonly removed: string[] = [];
  readonly kept: string[] = [];
  unchanged = 0;
  readonly #present: ReadonlyMap<string, StoredDoNotDisturb>;
  readonly #named = new Set<string>();

  constructor(present: ReadonlyMap<string, StoredDoNotDisturb>) {
    this.#present = present;
  }

  bring(line: string, setting: DoNotDisturbSetting): void {
    const appliedTag = tagOf(setting);
    const present = this.#present.get(line);
    this.#named.add(line);
    if (tagOf(present?.setting ?? disturbable) === appliedTag) {
      this.unchanged++;
      if (present?.appliedTag !== appliedTag) this.put.push({ line, setting, appliedTag });
    } else if (present !== undefined && isUsers(present)) {
      this.kept.push(doNotDisturbName(line));
    } else {
      this.put.push({ line, setting, appliedTag });
      (present === undefined ? this.created : this.changed).push(doNotDisturbName(line));
    }
  }

  /** Takes away what files set and this one does not name. What belongs to lines that are gone goes with them. */
  prune(linesGone: ReadonlySet<string>): void {
    for (const present of this.#present.values()) {
      const { line, setting, appliedTag } = present;
      if (this.#named.has(line) || linesGone.has(line) || appliedTag === undefined) continue;
      if (tagOf(setting) !== tagOf(disturbable) && isUsers(present)) {
        this.kept.push(doNotDisturbName(line));
        continue;
      }
      this.remove.push(line);
      if (setting.enabled) this.removed.push(doNotDisturbName(line));
    }
  }
}
