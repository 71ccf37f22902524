import type { RandomSource } from "../base/random.ts";
import { type Fault, Refusal } from "../base/refusal.ts";
import type { Callers, Forwarding, When } from "../forwarding/rules.ts";
import { type Finding, type FindingId, findFinding } from "../pbx/finding.ts";
import { ChangeOrder } from "./change-order.ts";
import { checkConfiguration } from "./check-configuration.ts";
import { checkForwarding, checkTarget, type ForwardingFault, type OwnerFacts } from "./check-forwarding.ts";
import type { ConfigurationDraft } from "./configuration-draft.ts";
import type { Credentials } from "./credentials.ts";
import type { DirectoryEvent } from "./directory-event.ts";
import type {
  DirectoryChanges,
  DirectoryStore,
  RowChanges,
  StoredForwarding,
  StoredInstallation,
} from "./directory-store.ts";
import {
  copySetting,
  type CurrentDoNotDisturb,
  disturbable,
  type DoNotDisturbSetting,
  tagOf,
} from "./do-not-disturb.ts";
import { etagOf, inFixedOrder } from "./etag.ts";
import type { Configuration, ForwardingOwner } from "./installation.ts";
import { type CurrentForwarding, InstallationView } from "./installation-view.ts";
import { identitiesOf } from "./line-setup.ts";
import { ownerName } from "./owner.ts";
import { type ApplyPlan, planApply } from "./plan-apply.ts";
import { type Warning, warningsOf } from "./warnings.ts";

export type { CurrentDoNotDisturb, DoNotDisturbSetting } from "./do-not-disturb.ts";
export type { CurrentForwarding } from "./installation-view.ts";
export { type LineSetup, type PbxSetup, secondCallOf } from "./line-setup.ts";
export type { Warning } from "./warnings.ts";

export interface DirectoryOptions {
  readonly store: DirectoryStore;
  readonly random: RandomSource;
  readonly credentials: Credentials;
}

/** What a caller hands in to set a rule; `enabled` absent is true. */
export type ForwardingInput = Omit<Forwarding, "enabled"> & { readonly enabled?: boolean };

export interface ChangeOptions {
  /** ETag that the rule must still have, or `*`: it must exist; otherwise refused with `precondition-failed`. */
  readonly ifMatch?: string;
  /** Who changes: name of a user or token, or `local`. */
  readonly actor: string;
}

export interface SetForwardingResult extends CurrentForwarding {
  readonly created: boolean;
  readonly warnings: readonly Warning[];
}

export interface ApplyOptions {
  /** Removes what the configuration does not name; rules of lines that users set or changed themselves stay. */
  readonly prune?: boolean;
  /** Who applies; absent: `configuration`. */
  readonly actor?: string;
}

/** What `apply` did, by name: `line 101`, `forwarding line 101 busy/external`. */
export interface ApplyReport {
  readonly created: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly unchanged: number;
  /** Rules that stay as their user has set them, though the configuration, or its silence on them, says otherwise. */
  readonly kept: readonly string[];
  /** The first hundred. */
  readonly warnings: readonly Warning[];
}

/** More faults or warnings than this help nobody. */
const mostFaults = 1000;
const mostWarnings = 100;
/** Rules of one configuration that are looked at for warnings: it takes a moment each. */
const mostRulesWarnedFor = 5000;
/** Lines of a group that one rule of the group is looked at for. */
const mostLinesWarnedFor = 20;

/**
 * Who and what there is, and which rules hold: the whole installation in memory, the one place that changes it. A
 * change is on disk before its promise resolves, and holds for the next call from then on; one that the disk does not
 * take leaves everything as it was.
 */
export class Directory extends InstallationView {
  readonly #store: DirectoryStore;
  readonly #random: RandomSource;
  readonly #credentials: Credentials;
  readonly #order = new ChangeOrder();
  readonly #listeners = new Set<(event: DirectoryEvent) => void>();

  private constructor(options: DirectoryOptions, stored: StoredInstallation) {
    super(stored);
    this.#store = options.store;
    this.#random = options.random;
    this.#credentials = options.credentials;
  }

  /** Reads all from the store. Rejects with `storage-unavailable` when that cannot be read. */
  static async open(options: DirectoryOptions): Promise<Directory> {
    return new Directory(options, await options.store.load());
  }

  /**
   * Sets a rule, in place of the one of the same `when` and `callers`. Rejects with a `Refusal`: `unknown-line`,
   * `unknown-group`, `invalid-input`, `invalid-target`, `target-is-self`, `target-barred`, `precondition-failed`,
   * `storage-unavailable`; then the old rule holds on.
   */
  setForwarding(
    owner: ForwardingOwner,
    input: ForwardingInput,
    options: ChangeOptions,
  ): Promise<SetForwardingResult> {
    const forwarding = inFixedOrder({
      ...input,
      target: input.target.trim(),
      enabled: input.enabled ?? true,
    });
    return this.#order.inLane(ownerName(owner), async () => {
      this.#requireSettable(owner, forwarding);
      const { when, callers } = forwarding;
      const present = this.book.find(owner, forwarding);
      requireMatch(present?.forwarding && etagOf(present.forwarding), options.ifMatch);
      const stored: StoredForwarding = {
        owner,
        when,
        callers,
        forwarding,
        ...(present?.appliedEtag !== undefined && { appliedEtag: present.appliedEtag }),
      };
      await this.#commit({ forwardings: { put: [stored], remove: [] } });
      this.#tell({ kind: "forwarding", owner, when, callers, forwarding, actor: options.actor });
      return {
        forwarding,
        etag: etagOf(forwarding),
        created: present?.forwarding === undefined,
        warnings: this.#warningsOf(owner, forwarding),
      };
    });
  }

  /** Rejects with `no-such-forwarding` when there is none, and as `setForwarding` does. */
  removeForwarding(
    owner: ForwardingOwner,
    { when, callers }: { readonly when: When; readonly callers: Callers },
    options: ChangeOptions,
  ): Promise<void> {
    return this.#order.inLane(ownerName(owner), async () => {
      this.requireOwner(owner);
      const name = { owner, when, callers };
      const present = this.book.find(owner, name);
      requireMatch(present?.forwarding && etagOf(present.forwarding), options.ifMatch);
      if (present?.forwarding === undefined) {
        throw new Refusal(
          "no-such-forwarding",
          `There is no forwarding ${when}/${callers} of ${ownerName(owner)}.`,
        );
      }
      // What a file had set is remembered as taken away, or the next apply would bring it back.
      const { appliedEtag } = present;
      await this.#commit({
        forwardings:
          appliedEtag === undefined
            ? { put: [], remove: [name] }
            : { put: [{ ...name, appliedEtag }], remove: [] },
      });
      this.#tell({ kind: "forwarding", ...name, actor: options.actor });
    });
  }

  /**
   * Sets do not disturb of a line; `disturbable` switches it off and forgets its target. Rejects with a `Refusal`:
   * `unknown-line`, those of targets as in `setForwarding`, `precondition-failed`, `storage-unavailable`.
   */
  setDoNotDisturb(
    line: string,
    input: DoNotDisturbSetting,
    options: ChangeOptions,
  ): Promise<CurrentDoNotDisturb> {
    const setting = copySetting(input);
    return this.#order.inLane(ownerName({ line }), async () => {
      const before = this.doNotDisturbSetting(line);
      if (setting.target !== undefined) this.#requireTarget(line, setting.target);
      requireMatch(before.etag, options.ifMatch);
      const etag = tagOf(setting);
      if (etag === before.etag) return before;
      const appliedTag = this.quiet.get(line)?.appliedTag;
      const isForgotten = appliedTag === undefined && etag === tagOf(disturbable);
      const stored = { line, setting, ...(appliedTag !== undefined && { appliedTag }) };
      await this.#commit({
        doNotDisturb: isForgotten ? { put: [], remove: [line] } : { put: [stored], remove: [] },
      });
      this.#tell({ kind: "doNotDisturb", line, setting, actor: options.actor });
      return { setting, etag };
    });
  }

  /**
   * Keeps what a check of a PBX has found out, each in place of what was known of the same question; the PBX's lines go
   * by it from then on. Rejects with `unknown-pbx` and `storage-unavailable`.
   */
  recordFindings(
    pbx: string,
    found: readonly Finding[],
    { actor }: Pick<ChangeOptions, "actor">,
  ): Promise<void> {
    return this.#order.alone(async () => {
      if (!this.index.pbxs.has(pbx)) throw new Refusal("unknown-pbx", `There is no PBX ${pbx}.`);
      const asked = new Set(found.map(({ id }) => id));
      const findings = [...this.findingsOf(pbx).filter(({ id }) => !asked.has(id)), ...found];
      await this.#commit({ findings: { put: [{ pbx, findings }], remove: [] } });
      this.#tell({ kind: "findings", pbx, actor });
    });
  }

  /** A live call went otherwise than that finding says: it is kept as such, and gone by no more. Rejects as above. */
  contradictFinding(pbx: string, id: FindingId, at: number): Promise<void> {
    const finding = findFinding(this.findingsOf(pbx), id);
    if (finding === undefined) return Promise.resolve();
    return this.recordFindings(pbx, [{ ...finding, contradictedAt: at }], { actor: "calls" });
  }

  /** What is wrong with a configuration beyond the form of its items; empty when it can be applied. */
  check(draft: ConfigurationDraft, options: { readonly prune: boolean }): Fault[] {
    return checkConfiguration(draft, this.index, options);
  }

  /**
   * Brings a configuration in: all or nothing, and applying it again changes nothing. Rejects with
   * `invalid-configuration` and every fault, or with `storage-unavailable`.
   */
  apply(configuration: Configuration, options: ApplyOptions = {}): Promise<ApplyReport> {
    const { prune = false, actor = "configuration" } = options;
    return this.#order.alone(async () => {
      const faults = checkConfiguration(configuration, this.index, { prune });
      if (faults.length > 0) throw invalidConfiguration(faults);
      const present = { index: this.index, book: this.book, doNotDisturb: this.quiet };
      const means = { random: this.#random, credentials: this.#credentials };
      const plan = await planApply(configuration, present, means, prune);
      if (isEmpty(plan.changes)) return { ...reportOf(plan), warnings: [] };
      await this.#commit(plan.changes);
      this.#tellApplied(plan, actor);
      return { ...reportOf(plan), warnings: this.#warningsAfter(plan) };
    });
  }

  /** Tells of each change once it is on disk and holds. Returns the way to stop. A listener must not throw. */
  onChange(listener: (event: DirectoryEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #commit(changes: DirectoryChanges): Promise<void> {
    await this.#store.commit(changes);
    this.take(changes);
  }

  /** Throws when the rule may not be set: with the first fault's code and with every fault. */
  #requireSettable(owner: ForwardingOwner, rule: Forwarding): void {
    this.requireOwner(owner);
    const lineSetup = "line" in owner ? this.setupOf(owner.line) : undefined;
    const setup = "line" in owner ? lineSetup : this.groupSetupOf(owner.group);
    const facts: OwnerFacts =
      lineSetup === undefined
        ? { kind: "group" }
        : { kind: "line", identities: identitiesOf(lineSetup.line, lineSetup.plan) };
    const kind = "line" in owner ? "user" : "group";
    requireNone(checkForwarding(rule, facts, setup && this.targetResolver(setup, kind)));
  }

  #requireTarget(lineId: string, target: string): void {
    const setup = this.setupOf(lineId);
    const identities = setup ? identitiesOf(setup.line, setup.plan) : new Set<string>();
    requireNone(checkTarget(target, { kind: "line", identities }, setup && this.targetResolver(setup)));
  }

  #warningsOf(owner: ForwardingOwner, rule: Forwarding): Warning[] {
    const ids =
      "line" in owner
        ? [owner.line]
        : this.index.lineIdsOfGroup(owner.group).values().take(mostLinesWarnedFor).toArray();
    const warnings = new Map<string, Warning>();
    for (const id of ids) {
      const setup = this.setupOf(id);
      const kind = "line" in owner ? "user" : "group";
      for (const warning of setup ? warningsOf(rule, setup, this, this.targetResolver(setup, kind)) : [])
        warnings.set(warning.message, warning);
    }
    return [...warnings.values()];
  }

  #warningsAfter(plan: ApplyPlan): Warning[] {
    const warnings = new Map<string, Warning>();
    for (const { owner, forwarding } of (plan.changes.forwardings?.put ?? []).slice(0, mostRulesWarnedFor)) {
      if (warnings.size >= mostWarnings) break;
      for (const warning of forwarding ? this.#warningsOf(owner, forwarding) : []) {
        warnings.set(warning.message, warning);
      }
    }
    return [...warnings.values()].slice(0, mostWarnings);
  }

  #tell(event: DirectoryEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #tellApplied({ sections, changes }: ApplyPlan, actor: string): void {
    const lines = { ...sections.lines, changed: this.#linesTouched(sections) };
    const all = { ...sections, lines };
    const hasChanged = Object.values(all).some(
      ({ created, changed, removed }) => created.length + changed.length + removed.length > 0,
    );
    if (hasChanged) this.#tell({ kind: "installation", sections: all, actor });
    for (const { owner, when, callers, forwarding } of changes.forwardings?.put ?? []) {
      this.#tell({
        kind: "forwarding",
        owner,
        when,
        callers,
        ...(forwarding !== undefined && { forwarding }),
        actor,
      });
    }
    for (const name of changes.forwardings?.remove ?? []) this.#tell({ kind: "forwarding", ...name, actor });
    for (const { line, setting } of changes.doNotDisturb?.put ?? []) {
      this.#tell({ kind: "doNotDisturb", line, setting, actor });
    }
    for (const line of changes.doNotDisturb?.remove ?? []) {
      this.#tell({ kind: "doNotDisturb", line, setting: disturbable, actor });
    }
  }

  /** Lines that changed themselves, or whose group, PBX, site or profile did. */
  #linesTouched({ sites, profiles, pbxs, groups, lines }: ApplyPlan["sections"]): readonly string[] {
    const touched = new Set(lines.changed);
    const pbxsTouched = new Set(pbxs.changed);
    for (const { id, site, profile } of this.pbxs()) {
      if (sites.changed.includes(site) || profiles.changed.includes(profile)) pbxsTouched.add(id);
    }
    const groupsTouched = new Set(groups.changed);
    for (const group of this.groups()) if (pbxsTouched.has(group.pbx)) groupsTouched.add(group.id);
    for (const group of groupsTouched) for (const line of this.linesOfGroup(group)) touched.add(line.id);
    for (const line of lines.created) touched.delete(line);
    return [...touched];
  }
}

function requireNone(faults: readonly ForwardingFault[]): void {
  const [first] = faults;
  if (first === undefined) return;
  throw new Refusal(
    first.code,
    first.message,
    faults.map(({ path, message, mend }) => ({ path, message, ...(mend !== undefined && { mend }) })),
  );
}

function requireMatch(present: string | undefined, ifMatch: string | undefined): void {
  if (ifMatch === undefined) return;
  if (present !== undefined && (ifMatch === "*" || ifMatch === present)) return;
  throw new Refusal(
    "precondition-failed",
    present === undefined
      ? "The forwarding is not there any more."
      : "Somebody else has changed it in the meantime.",
  );
}

function isEmpty(changes: DirectoryChanges): boolean {
  const sections: readonly RowChanges<unknown, unknown>[] = Object.values(changes);
  return sections.every(({ put, remove }) => put.length + remove.length === 0);
}

function reportOf({ created, changed, removed, unchanged, kept }: ApplyPlan): Omit<ApplyReport, "warnings"> {
  return { created, changed, removed, unchanged, kept };
}

/** The refusal that tells every fault of a configuration. */
export function invalidConfiguration(faults: readonly Fault[]): Refusal {
  const count = faults.length === 1 ? "One fault" : `${faults.length} faults`;
  const message = `${count} in the configuration: nothing was changed.`;
  return new Refusal("invalid-configuration", message, faults.slice(0, mostFaults));
}
