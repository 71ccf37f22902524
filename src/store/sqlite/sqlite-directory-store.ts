import type { DatabaseSync } from "node:sqlite";
import type { Kysely } from "kysely";
import type {
  DirectoryChanges,
  DirectoryStore,
  ForwardingName,
  RowChanges,
  StoredForwarding,
  StoredInstallation,
  User,
} from "../../directory/directory-store.ts";
import { forwardingRow, ownerId, ownerTable, readForwarding } from "../forwarding-rows.ts";
import {
  accountRow,
  apiTokenRow,
  documentOf,
  doNotDisturbRow,
  findingsRow,
  lineRow,
  readDocument,
  readDoNotDisturb,
  readFindings,
  readLine,
  readToken,
  readUser,
} from "../installation-rows.ts";
import type { Schema } from "../schema.ts";
import { storageRefusal } from "./storage-fault.ts";
import { TableWriter } from "./table-writer.ts";
import type { TransactionQueue } from "./transaction-queue.ts";

/** Rows written before calls get their turn: about five milliseconds' worth. */
const rowsPerTurn = 1000;

/** Keeps the directory in SQLite. */
export class SqliteDirectoryStore implements DirectoryStore {
  readonly #database: Kysely<Schema>;
  readonly #queue: TransactionQueue;
  readonly #writers: Writers;

  constructor(handle: DatabaseSync, database: Kysely<Schema>, queue: TransactionQueue) {
    this.#database = database;
    this.#queue = queue;
    this.#writers = prepareWriters(handle, database);
  }

  async load(): Promise<StoredInstallation> {
    try {
      return await this.#load();
    } catch (failure) {
      throw storageRefusal(failure, "The installation cannot be read");
    }
  }

  commit(changes: DirectoryChanges): Promise<void> {
    return this.#queue.submit(() => this.#write(changes));
  }

  async #load(): Promise<StoredInstallation> {
    const database = this.#database;
    const linesOfAccount = new Map<string, string[]>();
    const accountLines = await database.selectFrom("account_line").selectAll().orderBy("line").execute();
    for (const { account, line } of accountLines) {
      const lines = linesOfAccount.get(account);
      if (lines === undefined) linesOfAccount.set(account, [line]);
      else lines.push(line);
    }
    const [sites, profiles, pbxs, groups] = [
      await database.selectFrom("site").selectAll().orderBy("id").execute(),
      await database.selectFrom("pbx_profile").selectAll().orderBy("id").execute(),
      await database.selectFrom("pbx").selectAll().orderBy("id").execute(),
      await database.selectFrom("line_group").selectAll().orderBy("id").execute(),
    ];
    const lines = await database.selectFrom("line").selectAll().orderBy("id").execute();
    const accounts = await database.selectFrom("account").selectAll().orderBy("name").execute();
    const quiet = await database.selectFrom("do_not_disturb").selectAll().orderBy("line").execute();
    const findings = await database.selectFrom("pbx_finding").selectAll().orderBy("pbx").execute();
    const tokens = await database.selectFrom("api_token").selectAll().orderBy("name").execute();
    return {
      sites: sites.map((row) => readDocument(row) as StoredInstallation["sites"][number]),
      profiles: profiles.map((row) => readDocument(row) as StoredInstallation["profiles"][number]),
      pbxs: pbxs.map((row) => readDocument(row) as StoredInstallation["pbxs"][number]),
      groups: groups.map((row) => readDocument(row) as StoredInstallation["groups"][number]),
      lines: lines.map(readLine),
      users: accounts.map((row) => readUser(row, linesOfAccount.get(row.name) ?? [])),
      tokens: tokens.map(readToken),
      forwardings: await this.#loadForwardings(),
      doNotDisturb: quiet.map(readDoNotDisturb),
      findings: findings.map(readFindings),
    };
  }

  async #loadForwardings(): Promise<StoredForwarding[]> {
    const ofLines = await this.#database.selectFrom("line_forwarding").selectAll().execute();
    const ofGroups = await this.#database.selectFrom("group_forwarding").selectAll().execute();
    const forwardings = ofLines.map((row) => readForwarding({ line: row.owner }, row));
    for (const row of ofGroups) forwardings.push(readForwarding({ group: row.owner }, row));
    return forwardings;
  }

  *#write(changes: DirectoryChanges): Generator<void, void, void> {
    const writers = this.#writers;
    // What refers to others goes first, and comes last: a removed line takes its rules and its users' claims along.
    for (const name of changes.forwardings?.remove ?? []) removeForwarding(writers, name);
    yield* paced(changes.doNotDisturb?.remove, (line) => writers.do_not_disturb.remove(line));
    yield* paced(changes.findings?.remove, (pbx) => writers.pbx_finding.remove(pbx));
    yield* paced(changes.users?.remove, (name) => writers.account.remove(name));
    yield* paced(changes.tokens?.remove, (name) => writers.api_token.remove(name));
    yield* paced(changes.lines?.remove, (id) => writers.line.remove(id));
    yield* paced(changes.groups?.remove, (id) => writers.line_group.remove(id));
    yield* paced(changes.pbxs?.remove, (id) => writers.pbx.remove(id));
    yield* paced(changes.profiles?.remove, (id) => writers.pbx_profile.remove(id));
    yield* paced(changes.sites?.remove, (id) => writers.site.remove(id));

    yield* put(changes.sites, (site) => writers.site.put(documentOf(site)));
    yield* put(changes.profiles, (profile) => writers.pbx_profile.put(documentOf(profile)));
    yield* put(changes.pbxs, (pbx) => writers.pbx.put({ ...documentOf(pbx), site: pbx.site }));
    yield* put(changes.groups, (group) => writers.line_group.put({ ...documentOf(group), pbx: group.pbx }));
    yield* put(changes.lines, (line) => writers.line.put(lineRow(line)));
    yield* put(changes.users, (user) => putUser(writers, user));
    yield* put(changes.tokens, (token) => writers.api_token.put(apiTokenRow(token)));
    yield* put(changes.forwardings, (stored) => writers[ownerTable(stored.owner)].put(forwardingRow(stored)));
    yield* put(changes.findings, (stored) => writers.pbx_finding.put(findingsRow(stored)));
    yield* put(changes.doNotDisturb, (stored) => writers.do_not_disturb.put(doNotDisturbRow(stored)));
  }
}

function put<Row>(changes: RowChanges<Row, unknown> | undefined, write: (row: Row) => void): Iterable<void> {
  return paced(changes?.put, write);
}

function* paced<Item>(
  items: readonly Item[] | undefined,
  write: (item: Item) => void,
): Generator<void, void, void> {
  let written = 0;
  for (const item of items ?? []) {
    write(item);
    if (++written % rowsPerTurn === 0) yield;
  }
}

function removeForwarding(writers: Writers, name: ForwardingName): void {
  writers[ownerTable(name.owner)].remove(ownerId(name.owner), name.when, name.callers);
}

function putUser(writers: Writers, user: User): void {
  writers.account.put(accountRow(user));
  writers.forgetLines.run(user.name);
  for (const line of user.lines) writers.account_line.put({ account: user.name, line });
}

type Writers = ReturnType<typeof prepareWriters>;

function prepareWriters(handle: DatabaseSync, database: Kysely<Schema>) {
  const writer = <Table extends keyof Schema>(
    table: Table,
    key: readonly (keyof Schema[Table] & string)[],
    others: readonly (keyof Schema[Table] & string)[],
  ) => new TableWriter(handle, database, table, key, others);
  const rule = [
    "target",
    "enabled",
    "seconds",
    "valid_from",
    "valid_until",
    "hours",
    "time_zone",
    "group_calls",
    "mandatory",
    "applied_etag",
  ] as const;
  return {
    site: writer("site", ["id"], ["document"]),
    pbx_profile: writer("pbx_profile", ["id"], ["document"]),
    pbx: writer("pbx", ["id"], ["site", "document"]),
    line_group: writer("line_group", ["id"], ["pbx", "document"]),
    line: writer(
      "line",
      ["id"],
      [
        "line_group",
        "extension",
        "username",
        "auth_username",
        "password",
        "second_call",
        "call_waiting",
        "display_name",
        "phone_username",
        "phone_password",
        "contact_token",
      ],
    ),
    account: writer("account", ["name"], ["role", "password_hash"]),
    account_line: writer("account_line", ["account", "line"], []),
    forgetLines: handle.prepare(database.deleteFrom("account_line").where("account", "=", "").compile().sql),
    api_token: writer("api_token", ["name"], ["role", "secret_hash"]),
    line_forwarding: writer("line_forwarding", ["owner", "when", "callers"], rule),
    group_forwarding: writer("group_forwarding", ["owner", "when", "callers"], rule),
    pbx_finding: writer("pbx_finding", ["pbx"], ["findings"]),
    do_not_disturb: writer("do_not_disturb", ["line"], ["enabled", "target", "applied_tag"]),
  };
}
