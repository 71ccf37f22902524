import type { Site } from "../numbering/site.ts";
import type { PbxConfiguration } from "../pbx/pbx-configuration.ts";
import type { ProfileConfiguration } from "../pbx/profile-configuration.ts";
import type {
  DirectoryChanges,
  Line,
  RowChanges,
  StoredInstallation,
  Token,
  User,
} from "./directory-store.ts";
import type { LineGroup } from "./installation.ts";

/** The installation in memory, with what calls and requests look lines up by. Rules stand in the forwarding book. */
export class InstallationIndex {
  readonly sites = new Map<string, Site>();
  /** The installation's own. */
  readonly profiles = new Map<string, ProfileConfiguration>();
  readonly pbxs = new Map<string, PbxConfiguration>();
  readonly groups = new Map<string, LineGroup>();
  readonly lines = new Map<string, Line>();
  readonly users = new Map<string, User>();
  readonly tokens = new Map<string, Token>();
  readonly #byContactToken = new Map<string, Line>();
  readonly #byPhone = new Map<string, Line>();
  /** PBX id -> extension -> line. */
  #byExtension = new Map<string, Map<string, Line>>();
  /** Group id -> its lines. */
  readonly #byGroup = new Map<string, Set<string>>();

  constructor(stored: StoredInstallation) {
    for (const site of stored.sites) this.sites.set(site.id, site);
    for (const profile of stored.profiles) this.profiles.set(profile.id, profile);
    for (const pbx of stored.pbxs) this.pbxs.set(pbx.id, pbx);
    for (const group of stored.groups) this.groups.set(group.id, group);
    for (const line of stored.lines) this.#putLine(line);
    for (const user of stored.users) this.users.set(user.name, user);
    for (const token of stored.tokens) this.tokens.set(token.name, token);
    this.#indexExtensions();
  }

  findByContactToken(token: string): Line | undefined {
    return this.#byContactToken.get(token);
  }

  get hasPhones(): boolean {
    return this.#byPhone.size > 0;
  }

  findByPhone(username: string): Line | undefined {
    return this.#byPhone.get(username);
  }

  findByExtension(pbxId: string, extension: string): Line | undefined {
    return this.#byExtension.get(pbxId)?.get(extension);
  }

  lineIdsOfGroup(groupId: string): ReadonlySet<string> {
    return this.#byGroup.get(groupId) ?? noLines;
  }

  /** Takes over what was committed. */
  take(changes: DirectoryChanges): void {
    take(this.sites, changes.sites, (site) => site.id);
    take(this.profiles, changes.profiles, (profile) => profile.id);
    take(this.pbxs, changes.pbxs, (pbx) => pbx.id);
    take(this.groups, changes.groups, (group) => group.id);
    take(this.users, changes.users, (user) => user.name);
    take(this.tokens, changes.tokens, (token) => token.name);
    for (const id of changes.lines?.remove ?? []) this.#dropLine(id);
    // All are dropped before the first is put: two lines may have swapped their phones.
    for (const line of changes.lines?.put ?? []) this.#dropLine(line.id);
    for (const line of changes.lines?.put ?? []) this.#putLine(line);
    if (changes.groups !== undefined || changes.lines !== undefined) this.#indexExtensions();
  }

  #putLine(line: Line): void {
    this.lines.set(line.id, line);
    this.#byContactToken.set(line.contactToken, line);
    if (line.phone !== undefined) this.#byPhone.set(line.phone.username, line);
    const ofGroup = this.#byGroup.get(line.group) ?? new Set();
    this.#byGroup.set(line.group, ofGroup.add(line.id));
  }

  #dropLine(id: string): void {
    const line = this.lines.get(id);
    if (line === undefined) return;
    this.lines.delete(id);
    this.#byContactToken.delete(line.contactToken);
    if (line.phone !== undefined) this.#byPhone.delete(line.phone.username);
    this.#byGroup.get(line.group)?.delete(id);
  }

  /** Made anew as a whole: a group that moves to another PBX takes all its lines' extensions along. */
  #indexExtensions(): void {
    this.#byExtension = new Map();
    for (const line of this.lines.values()) {
      const pbxId = this.groups.get(line.group)?.pbx;
      if (pbxId === undefined) continue;
      const ofPbx = this.#byExtension.get(pbxId) ?? new Map<string, Line>();
      this.#byExtension.set(pbxId, ofPbx);
      ofPbx.set(line.extension, line);
    }
  }
}

const noLines: ReadonlySet<string> = new Set();

function take<Row>(
  rows: Map<string, Row>,
  changes: RowChanges<Row> | undefined,
  nameOf: (row: Row) => string,
): void {
  for (const name of changes?.remove ?? []) rows.delete(name);
  for (const row of changes?.put ?? []) rows.set(nameOf(row), row);
}
