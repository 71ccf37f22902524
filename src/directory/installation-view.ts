import {
  compileDoNotDisturb,
  compilePhoneForwarding,
  compileRules,
  type CompiledRule,
  type CompiledRules,
  type DoNotDisturb,
} from "../forwarding/compile-rules.ts";
import { Refusal } from "../base/refusal.ts";
import type { Owner } from "../forwarding/reasons.ts";
import type { Callers, Forwarding, When } from "../forwarding/rules.ts";
import type { NumberPlan } from "../numbering/number-plan.ts";
import type { Site } from "../numbering/site.ts";
import { effectiveProfile } from "../pbx/effective-profile.ts";
import { type Finding, noFindings } from "../pbx/finding.ts";
import type { PbxConfiguration } from "../pbx/pbx-configuration.ts";
import type { ProfileConfiguration } from "../pbx/profile-configuration.ts";
import type { Profile } from "../pbx/profile.ts";
import type { DirectoryChanges, Line, StoredInstallation, Token, User } from "./directory-store.ts";
import { type CurrentDoNotDisturb, disturbable, type StoredDoNotDisturb, tagOf } from "./do-not-disturb.ts";
import { etagOf } from "./etag.ts";
import { ForwardingBook } from "./forwarding-book.ts";
import { InstallationIndex } from "./installation-index.ts";
import { type ForwardingOwner, groupDefaults, type LineGroup } from "./installation.ts";
import {
  type LineSetup,
  planOf,
  rightsOf,
  type PbxSetup,
  setUpPbx,
  type TargetResolver,
  targetResolver,
} from "./line-setup.ts";

/** A rule that holds, with the tag for `If-Match`: a hash of its content, without quotes. */
export interface CurrentForwarding {
  readonly forwarding: Forwarding;
  readonly etag: string;
  /** Why its target cannot be used as things are now: the rule is passed over. Absent: it can. */
  readonly problem?: string;
}

/**
 * What calls and requests ask of the installation: who and what there is, and which rules hold. All of it stands in
 * memory; what is derived from it is made when it is first asked for.
 */
export class InstallationView {
  protected readonly index: InstallationIndex;
  protected readonly book: ForwardingBook;
  readonly #setups = new Map<string, LineSetup>();
  readonly #rules = new Map<string, CompiledRules>();
  /** By line. */
  protected readonly quiet: Map<string, StoredDoNotDisturb>;
  readonly #compiledQuiet = new Map<string, DoNotDisturb>();
  /** By PBX. */
  readonly #findings: Map<string, readonly Finding[]>;

  constructor(stored: StoredInstallation) {
    this.index = new InstallationIndex(stored);
    this.book = new ForwardingBook(stored.forwardings);
    this.quiet = new Map(stored.doNotDisturb.map((row) => [row.line, row]));
    this.#findings = new Map(stored.findings.map(({ pbx, findings }) => [pbx, findings]));
  }

  /** Whether a user or a token exists: then every request to the API needs sign-in. */
  get needsSignIn(): boolean {
    return this.index.users.size > 0 || this.index.tokens.size > 0;
  }

  get lineCount(): number {
    return this.index.lines.size;
  }

  /** Whether any line has a phone of its own. */
  get hasPhones(): boolean {
    return this.index.hasPhones;
  }

  sites(): Iterable<Site> {
    return this.index.sites.values();
  }

  /** The installation's own profiles. */
  profiles(): Iterable<ProfileConfiguration> {
    return this.index.profiles.values();
  }

  pbxs(): Iterable<PbxConfiguration> {
    return this.index.pbxs.values();
  }

  groups(): Iterable<LineGroup> {
    return this.index.groups.values();
  }

  lines(): Iterable<Line> {
    return this.index.lines.values();
  }

  users(): Iterable<User> {
    return this.index.users.values();
  }

  tokens(): Iterable<Token> {
    return this.index.tokens.values();
  }

  findSite(id: string): Site | undefined {
    return this.index.sites.get(id);
  }

  findPbx(id: string): PbxConfiguration | undefined {
    return this.index.pbxs.get(id);
  }

  findGroup(id: string): LineGroup | undefined {
    return this.index.groups.get(id);
  }

  findLine(id: string): Line | undefined {
    return this.index.lines.get(id);
  }

  findUser(name: string): User | undefined {
    return this.index.users.get(name);
  }

  findToken(name: string): Token | undefined {
    return this.index.tokens.get(name);
  }

  /** The line whose Contact carries this token. */
  findLineByContactToken(token: string): Line | undefined {
    return this.index.findByContactToken(token);
  }

  findLineByExtension(pbxId: string, extension: string): Line | undefined {
    return this.index.findByExtension(pbxId, extension);
  }

  findLineByPhone(username: string): Line | undefined {
    return this.index.findByPhone(username);
  }

  *linesOfGroup(groupId: string): Generator<Line, void, void> {
    for (const id of this.index.lineIdsOfGroup(groupId)) {
      const line = this.index.lines.get(id);
      if (line !== undefined) yield line;
    }
  }

  *linesOfPbx(pbxId: string): Generator<Line, void, void> {
    for (const group of this.index.groups.values()) {
      if (group.pbx === pbxId) yield* this.linesOfGroup(group.id);
    }
  }

  /** The line with its group, PBX, site, profile and numbering; remembered until one of them changes. */
  setupOf(lineId: string): LineSetup | undefined {
    const known = this.#setups.get(lineId);
    if (known !== undefined) return known;
    const line = this.index.lines.get(lineId);
    const group = line && this.index.groups.get(line.group);
    const pbxSetup = group && this.pbxSetupOf(group.pbx);
    if (line === undefined || group === undefined || pbxSetup === undefined) return undefined;
    const setup = { ...pbxSetup, line, group };
    this.#setups.set(lineId, setup);
    return setup;
  }

  /** A PBX's profile, Divert's or the installation's own, with the PBX's keys laid over. */
  profileOf(pbx: PbxConfiguration): Profile {
    return this.pbxSetupOf(pbx.id)?.profile ?? effectiveProfile(pbx, this.index.profiles.get(pbx.profile));
  }

  /** A site's numbering, with that of the sites that are internal there. */
  planOf(site: Site): NumberPlan {
    return planOf(site, (id) => this.index.sites.get(id));
  }

  pbxSetupOf(pbxId: string): PbxSetup | undefined {
    const pbx = this.index.pbxs.get(pbxId);
    const site = pbx && this.index.sites.get(pbx.site);
    const plan = site && this.planOf(site);
    return pbx && plan && setUpPbx(pbx, plan, this.index.profiles.get(pbx.profile), this.findingsOf(pbxId));
  }

  /** What checks of a PBX have found out, each question once; empty where it was never checked. */
  findingsOf(pbxId: string): readonly Finding[] {
    return this.#findings.get(pbxId) ?? noFindings;
  }

  /** The line's own and its group's rules in the order in which a call tries them; remembered likewise. */
  rulesOf(lineId: string): CompiledRules | undefined {
    const known = this.#rules.get(lineId);
    if (known !== undefined) return known;
    const setup = this.setupOf(lineId);
    if (setup === undefined) return undefined;
    const ofLine = this.book.rulesOf({ line: lineId });
    const ofGroup = this.book.rulesOf({ group: setup.group.id });
    const rules = compileRules(
      ofLine,
      ofGroup,
      this.targetResolver(setup, "user"),
      this.targetResolver(setup, "group"),
    );
    this.#rules.set(lineId, rules);
    return rules;
  }

  /** The owner's rules in the order of `whens` and `callers`. Throws `unknown-line` or `unknown-group`. */
  forwardings(owner: ForwardingOwner): readonly CurrentForwarding[] {
    this.requireOwner(owner);
    return this.book.rulesOf(owner).map((forwarding) => this.#currentOf(owner, forwarding));
  }

  findForwarding(owner: ForwardingOwner, when: When, callers: Callers): CurrentForwarding | undefined {
    const forwarding = this.book.find(owner, { when, callers })?.forwarding;
    return forwarding && this.#currentOf(owner, forwarding);
  }

  /** Do not disturb as it is set on the line. Throws `unknown-line`. */
  doNotDisturbSetting(line: string): CurrentDoNotDisturb {
    this.requireOwner({ line });
    const setting = this.quiet.get(line)?.setting ?? disturbable;
    return { setting, etag: tagOf(setting) };
  }

  /** Do not disturb as a call finds it; undefined: the line may be disturbed. Remembered likewise. */
  doNotDisturbOf(lineId: string): DoNotDisturb | undefined {
    const setting = this.quiet.get(lineId)?.setting;
    if (setting?.enabled !== true) return undefined;
    const known = this.#compiledQuiet.get(lineId);
    if (known !== undefined) return known;
    const setup = this.setupOf(lineId);
    const compiled = setup && compileDoNotDisturb(setting.target, this.targetResolver(setup));
    if (compiled !== undefined) this.#compiledQuiet.set(lineId, compiled);
    return compiled;
  }

  /** What a phone of the line answered with a 302, as a rule; undefined: the line is gone. */
  phoneForwardingOf(lineId: string, target: string): CompiledRule | undefined {
    const setup = this.setupOf(lineId);
    return setup && compilePhoneForwarding(target, this.targetResolver(setup));
  }

  /** Reads a target as typed for lines of that PBX, by the rights of that group or by those that hold without a word. Throws `unknown-group`. */
  resolveTarget(text: string, pbxId: string, groupId?: string): ReturnType<TargetResolver> {
    const setup = this.pbxSetupOf(pbxId);
    const group = groupId === undefined ? undefined : this.index.groups.get(groupId);
    if (setup === undefined) throw new Refusal("unknown-pbx", `There is no PBX ${pbxId}.`);
    if (groupId !== undefined && group?.pbx !== pbxId)
      throw new Refusal("unknown-group", `${pbxId} has no group ${groupId}.`);
    const hasLine = (extension: string) => this.findLineByExtension(pbxId, extension) !== undefined;
    return targetResolver(setup, group?.targets ?? groupDefaults.targets, hasLine)(text);
  }

  protected groupSetupOf(id: string): (PbxSetup & Pick<LineSetup, "group">) | undefined {
    const group = this.findGroup(id);
    const setup = group && this.pbxSetupOf(group.pbx);
    return group && setup && { ...setup, group };
  }

  protected requireOwner(owner: ForwardingOwner): void {
    if ("line" in owner) {
      if (!this.index.lines.has(owner.line))
        throw new Refusal("unknown-line", `There is no line ${owner.line}.`);
    } else if (!this.index.groups.has(owner.group)) {
      throw new Refusal("unknown-group", `There is no group ${owner.group}.`);
    }
  }

  /** For a line's own rules, or for those of its group. */
  protected targetResolver(
    setup: PbxSetup & Pick<LineSetup, "group">,
    owner: Owner = "user",
  ): TargetResolver {
    const hasLine = (extension: string) => this.findLineByExtension(setup.pbx.id, extension) !== undefined;
    return targetResolver(setup, rightsOf(setup.group, owner), hasLine);
  }

  /** Takes over what was committed, and forgets what was derived from what it replaces. */
  protected take(changes: DirectoryChanges): void {
    const { forwardings, doNotDisturb, findings, ...others } = changes;
    const isWhole = Object.values(others).some((section) => section.put.length + section.remove.length > 0);
    if (isWhole) {
      this.#setups.clear();
      this.#rules.clear();
      this.#compiledQuiet.clear();
      this.index.take(others);
      for (const line of others.lines?.remove ?? []) {
        this.book.removeAllOf({ line });
        this.quiet.delete(line);
      }
      for (const group of others.groups?.remove ?? []) this.book.removeAllOf({ group });
    }
    for (const pbx of [...(others.pbxs?.remove ?? []), ...(findings?.remove ?? [])])
      this.#findings.delete(pbx);
    for (const stored of findings?.put ?? []) {
      this.#findings.set(stored.pbx, stored.findings);
      this.#setups.clear();
      this.#rules.clear();
    }
    for (const name of forwardings?.remove ?? []) {
      this.book.remove(name);
      this.#forgetRules(name.owner);
    }
    for (const stored of forwardings?.put ?? []) {
      this.book.put(stored);
      this.#forgetRules(stored.owner);
    }
    for (const line of doNotDisturb?.remove ?? []) this.#takeQuiet(line, undefined);
    for (const stored of doNotDisturb?.put ?? []) this.#takeQuiet(stored.line, stored);
  }

  /** A target may have become unusable since it was set: the site, the rights or the PBX are others now. */
  #currentOf(owner: ForwardingOwner, forwarding: Forwarding): CurrentForwarding {
    const setup = "line" in owner ? this.setupOf(owner.line) : this.groupSetupOf(owner.group);
    const kind = "line" in owner ? "user" : "group";
    const target = setup && this.targetResolver(setup, kind)(forwarding.target);
    const problem = target?.ok === false ? { problem: target.failure.message } : {};
    return { forwarding, etag: etagOf(forwarding), ...problem };
  }

  #takeQuiet(line: string, stored: StoredDoNotDisturb | undefined): void {
    this.#compiledQuiet.delete(line);
    if (stored === undefined) this.quiet.delete(line);
    else this.quiet.set(line, stored);
  }

  #forgetRules(owner: ForwardingOwner): void {
    if ("line" in owner) this.#rules.delete(owner.line);
    else for (const id of this.index.lineIdsOfGroup(owner.group)) this.#rules.delete(id);
  }
}
