import { isDeepStrictEqual } from "node:util";
import type { RandomSource } from "../base/random.ts";
import type { PbxConfiguration } from "../pbx/pbx-configuration.ts";
import type { Credentials } from "./credentials.ts";
import type { Delta, InstallationSection } from "./directory-event.ts";
import type {
  DirectoryChanges,
  ForwardingName,
  Line,
  StoredForwarding,
  Token,
  User,
} from "./directory-store.ts";
import { copySetting, type StoredDoNotDisturb } from "./do-not-disturb.ts";
import { DoNotDisturbPlan } from "./do-not-disturb-plan.ts";
import { etagOf, inFixedOrder } from "./etag.ts";
import type { ForwardingBook } from "./forwarding-book.ts";
import type { InstallationIndex } from "./installation-index.ts";
import type { Configuration, OwnedForwarding, UserConfiguration } from "./installation.ts";
import { forwardingName, ownerName } from "./owner.ts";

export interface ApplyPlan {
  readonly changes: DirectoryChanges;
  readonly sections: Readonly<Record<InstallationSection, Delta>>;
  /** Names, as reports tell them. */
  readonly created: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly kept: readonly string[];
  readonly unchanged: number;
}

interface Present {
  readonly index: InstallationIndex;
  readonly book: ForwardingBook;
  readonly doNotDisturb: ReadonlyMap<string, StoredDoNotDisturb>;
}

interface Means {
  readonly random: RandomSource;
  readonly credentials: Credentials;
}

/** What must be put and removed so that a checked configuration holds; nothing is changed yet. */
export async function planApply(
  configuration: Configuration,
  { index, book, doNotDisturb }: Present,
  { random, credentials }: Means,
  prune: boolean,
): Promise<ApplyPlan> {
  const lines: Line[] = [];
  const quiet = new DoNotDisturbPlan(doNotDisturb);
  for (const { doNotDisturb: setting, ...line } of configuration.lines) {
    const contactToken = index.lines.get(line.id)?.contactToken ?? random.token(128);
    lines.push({ ...line, contactToken });
    if (setting !== undefined) quiet.bring(line.id, copySetting(setting));
  }
  const users = await Promise.all(
    configuration.users.map((user) => keepUser(user, index.users.get(user.name), credentials)),
  );
  const tokens = configuration.tokens.map(({ name, role, secret }): Token => ({
    name,
    role,
    secretHash: credentials.hashSecret(secret),
  }));
  const plan = {
    sites: compare(index.sites, configuration.sites, (site) => site.id, prune),
    profiles: compare(index.profiles, configuration.profiles, (profile) => profile.id, prune),
    pbxs: compare(index.pbxs, configuration.pbxs, (pbx) => pbx.id, prune),
    groups: compare(index.groups, configuration.groups, (group) => group.id, prune),
    lines: compare(index.lines, lines, (line) => line.id, prune),
    users: compare(index.users, users, (user) => user.name, prune),
    tokens: compare(index.tokens, tokens, (token) => token.name, prune),
  };
  const rules = new RulePlan(book);
  for (const owned of configuration.forwardings) rules.bring(owned);
  if (prune) {
    quiet.prune(new Set(plan.lines.remove));
    const lines = plan.lines.remove.map((line) => ownerName({ line }));
    rules.prune(new Set([...lines, ...plan.groups.remove.map((group) => ownerName({ group }))]));
  }

  const named = (pick: (section: Delta) => readonly string[]) =>
    sectionNames.flatMap(([section, kind]) => pick(plan[section]).map((name) => `${kind} ${name}`));
  return {
    changes: {
      ...plan,
      forwardings: { put: rules.put, remove: rules.remove },
      doNotDisturb: { put: quiet.put, remove: quiet.remove },
      findings: { put: [], remove: movedPbxs(plan.pbxs.put, index) },
    },
    sections: deltasOf(plan),
    created: [...named(({ created }) => created), ...rules.created, ...quiet.created],
    changed: [...named(({ changed }) => changed), ...rules.changed, ...quiet.changed],
    removed: [...named(({ removed }) => removed), ...rules.removed, ...quiet.removed],
    kept: [...rules.kept, ...quiet.kept],
    unchanged: sectionNames.reduce(
      (sum, [section]) => sum + plan[section].unchanged,
      rules.unchanged + quiet.unchanged,
    ),
  };
}

/** What was found out of a PBX says nothing of the one that is at another place now. */
function movedPbxs(put: readonly PbxConfiguration[], { pbxs }: Pick<InstallationIndex, "pbxs">): string[] {
  const isMoved = ({ id, registrar }: PbxConfiguration) =>
    (pbxs.get(id)?.registrar ?? registrar) !== registrar;
  return put.filter(isMoved).map(({ id }) => id);
}

/** Ids alone: events go out to people, and rows hold passwords. */
function deltasOf(
  plan: Readonly<Record<InstallationSection, Delta>>,
): Readonly<Record<InstallationSection, Delta>> {
  const deltaOf = ({ created, changed, removed }: Delta): Delta => ({ created, changed, removed });
  const { sites, profiles, pbxs, groups, lines, users, tokens } = plan;
  return {
    sites: deltaOf(sites),
    profiles: deltaOf(profiles),
    pbxs: deltaOf(pbxs),
    groups: deltaOf(groups),
    lines: deltaOf(lines),
    users: deltaOf(users),
    tokens: deltaOf(tokens),
  };
}

const sectionNames = [
  ["sites", "site"],
  ["profiles", "profile"],
  ["pbxs", "pbx"],
  ["groups", "group"],
  ["lines", "line"],
  ["users", "user"],
  ["tokens", "token"],
] as const satisfies readonly (readonly [InstallationSection, string])[];

interface Compared<Row> extends Delta {
  readonly put: readonly Row[];
  readonly remove: readonly string[];
  readonly unchanged: number;
}

function compare<Row>(
  present: ReadonlyMap<string, Row>,
  wanted: readonly Row[],
  nameOf: (row: Row) => string,
  prune: boolean,
): Compared<Row> {
  const created = wanted.filter((row) => !present.has(nameOf(row)));
  const changed = wanted.filter((row) => {
    const now = present.get(nameOf(row));
    return now !== undefined && !isDeepStrictEqual(now, row);
  });
  const names = new Set(wanted.map(nameOf));
  const removed = prune ? [...present.keys()].filter((name) => !names.has(name)) : [];
  return {
    put: [...created, ...changed],
    remove: removed,
    created: created.map(nameOf),
    changed: changed.map(nameOf),
    removed,
    unchanged: wanted.length - created.length - changed.length,
  };
}

/** A password that matches its hash is not hashed anew, or each apply would change it; none in the file leaves it. */
async function keepUser(
  { name, role, lines, password }: UserConfiguration,
  present: User | undefined,
  credentials: Credentials,
): Promise<User> {
  const known = present?.passwordHash;
  const stays =
    password === undefined || (known !== undefined && (await credentials.passwordMatches(password, known)));
  const passwordHash = stays ? known : await credentials.hashPassword(password);
  return {
    name,
    role,
    lines: [...new Set(lines)].sort(),
    ...(passwordHash !== undefined && { passwordHash }),
  };
}

/**
 * A rule belongs to the file as long as it is what a file set last. Once its user has changed, removed, or made it
 * before any file did, it is the user's, and a file that says otherwise is reported and leaves it alone.
 */
class RulePlan {
  readonly put: StoredForwarding[] = [];
  readonly remove: ForwardingName[] = [];
  readonly created: string[] = [];
  readonly changed: string[] = [];
  readonly removed: string[] = [];
  readonly kept: string[] = [];
  unchanged = 0;
  readonly #book: ForwardingBook;
  readonly #named = new Set<string>();

  constructor(book: ForwardingBook) {
    this.#book = book;
  }

  bring({ owner, forwarding: rule }: OwnedForwarding): void {
    const { when, callers } = rule;
    const wanted = inFixedOrder(rule);
    const appliedEtag = etagOf(wanted);
    const name = forwardingName({ owner, when, callers });
    this.#named.add(name);
    const present = this.#book.find(owner, rule);
    if (present?.forwarding !== undefined && etagOf(present.forwarding) === appliedEtag) {
      this.unchanged++;
      if (present.appliedEtag !== appliedEtag) this.put.push({ ...present, appliedEtag });
    } else if (present !== undefined && isUsers(present)) {
      this.kept.push(name);
    } else {
      this.put.push({ owner, when, callers, forwarding: wanted, appliedEtag });
      (present === undefined ? this.created : this.changed).push(name);
    }
  }

  prune(ownersGone: ReadonlySet<string>): void {
    for (const present of this.#book.all()) {
      const name = forwardingName(present);
      if (this.#named.has(name) || ownersGone.has(ownerName(present.owner))) continue;
      // A group's rules are the administrator's, who is the one that applies: whoever set them, they go.
      if (present.forwarding === undefined) this.remove.push(present);
      else if ("line" in present.owner && isUsers(present)) this.kept.push(name);
      else {
        this.remove.push(present);
        this.removed.push(name);
      }
    }
  }
}

function isUsers(present: StoredForwarding): boolean {
  return present.forwarding === undefined || etagOf(present.forwarding) !== present.appliedEtag;
}
