import type { Fault } from "../base/refusal.ts";
import type { Owner } from "../forwarding/reasons.ts";
import { type ForwardingKey, forwardingKey } from "../forwarding/rules.ts";
import { siteFaults } from "../numbering/site-faults.ts";
import { pbxHosts } from "../pbx/hosts.ts";
import { findProfile, profileIds } from "../pbx/profiles/index.ts";
import { checkForwarding, checkTarget, type OwnerFacts } from "./check-forwarding.ts";
import { type ConfigurationDraft, type Drafted, type Faulty, isSound } from "./configuration-draft.ts";
import { type ExistingInstallation, foresee, type FutureInstallation } from "./future-installation.ts";
import type { LineGroup, OwnedForwarding } from "./installation.ts";
import {
  identitiesOf,
  planOf,
  rightsOf,
  setUpPbx,
  type TargetResolver,
  targetResolver,
} from "./line-setup.ts";
import { didYouMean } from "./nearest.ts";
import { ownerName } from "./owner.ts";

/**
 * Everything that is wrong with a configuration beyond the form of its items: references to what is not there,
 * duplicates, numbering, targets. With `prune` what exists and is not named goes, so nothing may refer to it. Paths
 * are those of the file: `lines[3].group`.
 */
export function checkConfiguration(
  draft: ConfigurationDraft,
  existing: ExistingInstallation,
  options: { readonly prune: boolean },
): Fault[] {
  return new ConfigurationCheck(draft, foresee(draft, existing, options.prune)).run();
}

type Section = keyof ConfigurationDraft;

class ConfigurationCheck {
  readonly #draft: ConfigurationDraft;
  readonly #future: FutureInstallation;
  /** PBX id -> extension -> id of the line that has it. */
  readonly #extensions = new Map<string, Map<string, string>>();
  /** By group id; undefined: the PBX or its site is at fault. */
  readonly #resolvers = new Map<string, TargetResolver | undefined>();
  readonly #faults: Fault[] = [];

  constructor(draft: ConfigurationDraft, future: FutureInstallation) {
    this.#draft = draft;
    this.#future = future;
  }

  run(): Fault[] {
    const { sites, profiles, pbxs, groups, lines, users, tokens } = this.#draft;
    this.#checkUnique("sites", "id", sites, (site) => site.id);
    this.#checkUnique("profiles", "id", profiles, (profile) => profile.id);
    this.#checkUnique("pbxs", "id", pbxs, (pbx) => pbx.id);
    this.#checkUnique("groups", "id", groups, (group) => group.id);
    this.#checkUnique("lines", "id", lines, (line) => line.id);
    this.#checkUnique("users", "name", users, (user) => user.name);
    this.#checkUnique("tokens", "name", tokens, (token) => token.name);
    this.#checkUnique(
      "tokens",
      "secret",
      tokens,
      (token) => token.secret,
      "Two tokens have the same secret.",
    );
    this.#checkSites();
    this.#checkProfiles();
    this.#checkReferences();
    this.#checkReferencesOfFaulty();
    this.#checkExtensions();
    this.#checkPhones();
    this.#checkForeignHosts();
    this.#checkDoNotDisturb();
    this.#checkForwardings();
    return this.#faults;
  }

  #checkUnique<Item extends object>(
    section: Section,
    key: string,
    items: readonly Drafted<Item>[],
    nameOf: (item: Item) => string,
    told?: string,
  ): void {
    const seen = new Map<string, number>();
    items.forEach((item, index) => {
      const name = isSound(item) ? nameOf(item) : told === undefined ? item.id : undefined;
      const first = name === undefined ? undefined : seen.get(name);
      if (first !== undefined) {
        const message =
          told ?? `“${name ?? ""}” stands under ${section} twice, first as number ${first + 1}.`;
        this.#tell(`${section}[${index}].${key}`, message, "Remove one of the two, or give it another name.");
      } else if (name !== undefined) seen.set(name, index);
    });
  }

  #checkSites(): void {
    this.#draft.sites.forEach((site, index) => {
      if (!isSound(site)) return;
      for (const fault of siteFaults(site)) {
        this.#faults.push({ ...fault, path: `sites[${index}].${fault.path}` });
      }
      site.internalSites?.forEach((id, at) => {
        const path = `sites[${index}].internalSites[${at}]`;
        if (id === site.id) this.#tell(path, "A site is internal to itself anyway.", "Leave it out.");
        else this.#checkReference(path, "site", id, this.#future.sites);
      });
    });
  }

  #checkProfiles(): void {
    this.#draft.profiles.forEach((profile, index) => {
      if (profile.id !== undefined && findProfile(profile.id) !== undefined) {
        const message = `“${profile.id}” is a profile of Divert's own.`;
        this.#tell(`profiles[${index}].id`, message, "Give yours another id, and base it on that one.");
      }
      if (isSound(profile)) this.#checkBasis(`profiles[${index}].basedOn`, profile.basedOn);
    });
  }

  #checkReferences(): void {
    const { sites, pbxs, groups, lines } = this.#future;
    this.#draft.pbxs.forEach((pbx, index) => {
      if (!isSound(pbx)) return;
      this.#checkReference(`pbxs[${index}].site`, "site", pbx.site, sites);
      this.#checkProfile(`pbxs[${index}].profile`, pbx.profile);
    });
    this.#draft.groups.forEach((group, index) => {
      if (isSound(group)) this.#checkReference(`groups[${index}].pbx`, "PBX", group.pbx, pbxs);
    });
    this.#draft.lines.forEach((line, index) => {
      if (isSound(line)) this.#checkReference(`lines[${index}].group`, "group", line.group, groups);
    });
    this.#draft.users.forEach((user, index) => {
      if (!isSound(user)) return;
      user.lines.forEach((line, place) => {
        this.#checkReference(`users[${index}].lines[${place}]`, "line", line, lines);
      });
    });
  }

  #checkProfile(path: string, profile: string): void {
    const { profiles } = this.#future;
    if (findProfile(profile) !== undefined || profiles.has(profile)) return;
    const known = [...new Set([...profileIds, ...profiles.keys()])];
    const mend = didYouMean(profile, known, `Choose one of ${known.join(", ")}.`);
    this.#tell(path, `There is no profile “${profile}”.`, mend);
  }

  /** One's own profile stands on one of Divert's, never on another of one's own: what holds is then told in two places at most. */
  #checkBasis(path: string, basis: string): void {
    if (findProfile(basis) !== undefined) return;
    const mend = didYouMean(basis, profileIds, `Choose one of ${profileIds.join(", ")}.`);
    this.#tell(path, `Divert has no profile “${basis}” to base this one on.`, mend);
  }

  /** Those of items that cannot be read otherwise. */
  #checkReferencesOfFaulty(): void {
    const { sites, pbxs, groups, lines } = this.#future;
    for (const [section, items] of Object.entries(this.#draft) as [
      Section,
      readonly (Faulty | { readonly faulty?: never })[],
    ][]) {
      items.forEach((item, index) => {
        if (item.faulty === undefined) return;
        const path = `${section}[${index}]`;
        const { basedOn, profile, site, pbx, group, line } = item.refersTo ?? {};
        if (basedOn !== undefined) this.#checkBasis(`${path}.basedOn`, basedOn);
        if (profile !== undefined) this.#checkProfile(`${path}.profile`, profile);
        if (site !== undefined) this.#checkReference(`${path}.site`, "site", site, sites);
        if (pbx !== undefined) this.#checkReference(`${path}.pbx`, "PBX", pbx, pbxs);
        if (group !== undefined) this.#checkReference(`${path}.group`, "group", group, groups);
        if (line !== undefined) this.#checkReference(`${path}.line`, "line", line, lines);
      });
    }
  }

  #checkReference(path: string, kind: string, id: string, there: ReadonlyMap<string, unknown>): boolean {
    if (there.has(id)) return true;
    const otherwise = `Define the ${kind}, or name one that exists.`;
    this.#tell(path, `There is no ${kind} “${id}”.`, didYouMean(id, there.keys(), otherwise));
    return false;
  }

  /** Existing lines are looked at too: a group that moves to another PBX takes its lines' extensions along. */
  #checkExtensions(): void {
    const places = new Map<string, string>();
    this.#draft.lines.forEach((line, index) => {
      if (isSound(line)) places.set(line.id, `lines[${index}].extension`);
    });
    this.#draft.groups.forEach((group, index) => {
      if (isSound(group)) places.set(`group ${group.id}`, `groups[${index}].pbx`);
    });
    for (const line of this.#future.lines.values()) {
      const pbx = line && this.#future.groups.get(line.group)?.pbx;
      if (line === undefined || pbx === undefined) continue;
      const taken = this.#extensions.get(pbx) ?? new Map<string, string>();
      this.#extensions.set(pbx, taken);
      const other = taken.get(line.extension);
      if (other === undefined) taken.set(line.extension, line.id);
      else {
        const path = places.get(line.id) ?? places.get(other) ?? places.get(`group ${line.group}`) ?? "lines";
        const message = `Lines “${other}” and “${line.id}” have the same extension ${line.extension} at PBX “${pbx}”.`;
        this.#tell(path, message, "Give one of them another `extension`.");
      }
    }
  }

  #checkPhones(): void {
    const places = new Map<string, string>();
    this.#draft.lines.forEach((line, index) => {
      if (isSound(line)) places.set(line.id, `lines[${index}].phone.username`);
    });
    const taken = new Map<string, string>();
    for (const line of this.#future.lines.values()) {
      if (line?.phone === undefined) continue;
      const { username } = line.phone;
      const other = taken.get(username);
      if (other === undefined) taken.set(username, line.id);
      else {
        const path = places.get(line.id) ?? places.get(other) ?? "lines";
        const message = `Lines “${other}” and “${line.id}” have the same phone username “${username}”.`;
        this.#tell(path, message, "Give each line's phone a username of its own.");
      }
    }
  }

  /** A PBX that counts as foreign would be called past all that holds for numbers. */
  #checkForeignHosts(): void {
    const pbxOf = new Map<string, string>();
    for (const pbx of this.#future.pbxs.values()) {
      if (pbx !== undefined) for (const host of pbxHosts(pbx)) pbxOf.set(host, pbx.id);
    }
    const places = new Map(this.#draft.groups.map((group, index) => [group.id, `groups[${index}]`]));
    for (const group of this.#future.groups.values()) {
      for (const key of ["targets", "groupTargets"] as const) {
        group?.[key]?.foreignHosts.forEach((host, index) => {
          const pbx = pbxOf.get(host);
          if (pbx === undefined) return;
          const path = `${places.get(group.id) ?? `groups.${group.id}`}.${key}.foreignHosts[${index}]`;
          this.#tell(path, `${host} is the PBX “${pbx}” and no foreign host.`, "Leave it out.");
        });
      }
    }
  }

  #checkForwardings(): void {
    const first = new Map<`${string} ${ForwardingKey}`, number>();
    this.#draft.forwardings.forEach((item, index) => {
      if (!isSound(item)) return;
      const path = `forwardings[${index}]`;
      const key = `${ownerName(item.owner)} ${forwardingKey(item.forwarding)}` as const;
      const before = first.get(key);
      if (before === undefined) first.set(key, index);
      else {
        const { when, callers } = item.forwarding;
        const message = `A second forwarding of ${ownerName(item.owner)} for ${when} and ${callers}, after number ${before + 1}.`;
        this.#tell(
          path,
          message,
          "Keep one of the two: one line has one target for each `when` and `callers`.",
        );
      }
      this.#checkForwarding(item, path);
    });
  }

  #checkForwarding({ owner, forwarding }: OwnedForwarding, path: string): void {
    const { lines, groups } = this.#future;
    const isThere =
      "line" in owner
        ? this.#checkReference(`${path}.line`, "line", owner.line, lines)
        : this.#checkReference(`${path}.group`, "group", owner.group, groups);
    if (!isThere) return;
    const line = "line" in owner ? lines.get(owner.line) : undefined;
    const group = groups.get("line" in owner ? (line?.group ?? "") : owner.group);
    const setup = group && this.#setUp(group.pbx);
    const facts: OwnerFacts =
      "line" in owner
        ? { kind: "line", identities: line === undefined ? new Set() : identitiesOf(line, setup?.plan) }
        : { kind: "group" };
    const kind = "line" in owner ? "user" : "group";
    const resolver = group && setup && this.#resolverOf(group, kind);
    for (const fault of checkForwarding(forwarding, facts, resolver)) {
      this.#tell(`${path}.${fault.path}`, fault.message, fault.mend);
    }
  }

  #checkDoNotDisturb(): void {
    this.#draft.lines.forEach((line, index) => {
      const target = isSound(line) ? line.doNotDisturb?.target : undefined;
      const group = isSound(line) ? this.#future.groups.get(line.group) : undefined;
      const setup = group && this.#setUp(group.pbx);
      if (!isSound(line) || target === undefined || group === undefined || setup === undefined) return;
      const facts: OwnerFacts = { kind: "line", identities: identitiesOf(line, setup.plan) };
      for (const fault of checkTarget(target, facts, this.#resolverOf(group))) {
        this.#tell(`lines[${index}].dnd`, fault.message, fault.mend);
      }
    });
  }

  #setUp(pbxId: string) {
    const pbx = this.#future.pbxs.get(pbxId);
    const site = pbx && this.#future.sites.get(pbx.site);
    const plan = site && planOf(site, (id) => this.#future.sites.get(id));
    return pbx && plan && setUpPbx(pbx, plan, this.#future.profiles.get(pbx.profile));
  }

  #resolverOf(group: LineGroup, owner: Owner = "user"): TargetResolver | undefined {
    const key = `${owner} ${group.id}`;
    if (!this.#resolvers.has(key)) {
      const setup = this.#setUp(group.pbx);
      const hasLine = (extension: string) => this.#extensions.get(group.pbx)?.has(extension) === true;
      this.#resolvers.set(key, setup && targetResolver(setup, rightsOf(group, owner), hasLine));
    }
    return this.#resolvers.get(key);
  }

  #tell(path: string, message: string, mend?: string): void {
    this.#faults.push({ path, message, ...(mend !== undefined && { mend }) });
  }
}
