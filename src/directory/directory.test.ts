import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Refusal } from "../base/refusal.ts";
import { systemRandom } from "../base/random.ts";
import type { DirectoryEvent } from "./directory-event.ts";
import { Directory } from "./directory.ts";
import { type Configuration, groupDefaults } from "./installation.ts";
import { MemoryStore } from "../../test/support/memory-store.ts";

const credentials = {
  hashPassword: (password: string) =>
    Promise.resolve(`hash of ${password.length} characters ${password.at(-1)}`),
  passwordMatches: async (password: string, hash: string) =>
    (await credentials.hashPassword(password)) === hash,
  hashSecret: (secret: string) => Buffer.from(secret).toString("hex"),
};

const lineOf = (id: string, more: Partial<Configuration["lines"][number]> = {}) => ({
  id,
  group: "g",
  extension: id,
  username: id,
  password: "x",
  secondCall: "yes" as const,
  callWaiting: true,
  ...more,
});

const base: Configuration = {
  sites: [
    {
      id: "s",
      countryCode: "49",
      areaCode: "8151",
      mainNumber: "36856",
      extensions: ["100-399"],
      outsideLine: "0",
      trustFrom: true,
      rules: [],
    },
  ],
  profiles: [],
  pbxs: [
    {
      id: "p",
      profile: "generic",
      site: "s",
      registrar: "sip:pbx.example",
      domain: "pbx.example",
      redirect: "auto",
      addresses: [],
      overrides: {},
    },
  ],
  groups: [
    {
      id: "g",
      pbx: "p",
      answers: { busy: 486, noPhone: 486, declined: 486, dnd: 486 },
      busyCounts: "calls",
      ...groupDefaults,
    },
  ],
  lines: [lineOf("101"), lineOf("102"), lineOf("103", { secondCall: "unknown" })],
  users: [],
  tokens: [],
  forwardings: [rule("101", "always", "102")],
};

function rule(line: string, when: "always" | "busy" | "noAnswer", target: string) {
  return { owner: { line }, forwarding: { when, callers: "all", target, enabled: true } } as const;
}

async function open(configuration: Configuration = base) {
  const store = new MemoryStore();
  const reopen = () => Directory.open({ store, random: systemRandom, credentials });
  const directory = await reopen();
  await directory.apply(configuration);
  return { store, directory, reopen };
}

const local = { actor: "local" };
const line101 = { line: "101" };

function targetsOf(directory: Directory, line = "101"): string[] {
  return directory.forwardings({ line }).map(({ forwarding: { when, target } }) => `${when} ${target}`);
}

describe("setting a forwarding", () => {
  it("holds at once, is there after a restart, and replaces the one of the same when and callers", async () => {
    const { directory, reopen } = await open();
    const first = await directory.setForwarding(
      line101,
      { when: "busy", callers: "internal", target: " 103 " },
      local,
    );
    assert.deepEqual(first.forwarding, { when: "busy", callers: "internal", target: "103", enabled: true });
    assert.equal(first.created, true);
    const second = await directory.setForwarding(
      line101,
      { when: "busy", callers: "internal", target: "102" },
      local,
    );
    assert.equal(second.created, false);
    assert.notEqual(second.etag, first.etag);
    assert.deepEqual(targetsOf(directory), ["always 102", "busy 102"]);
    assert.deepEqual(targetsOf(await reopen()), ["always 102", "busy 102"]);
    assert.equal(directory.rulesOf("101")?.busy[0]?.target?.canonical, "102");
  });

  it("is refused with a stable code, and then the old rule holds on", async () => {
    const { directory } = await open();
    const refused = async (target: string, more: object = {}, owner: object = line101) => {
      const input = { when: "always", callers: "all", target, ...more } as const;
      await assert.rejects(directory.setForwarding(owner as typeof line101, input, local), Refusal);
      return directory
        .setForwarding(owner as typeof line101, input, local)
        .catch((refusal: unknown) => refusal instanceof Refusal && refusal.code);
    };
    assert.equal(await refused("101"), "target-is-self");
    assert.equal(await refused("+49815136856101"), "target-is-self");
    assert.equal(await refused("sip:101@pbx.example"), "target-is-self");
    assert.equal(await refused("112"), "target-barred");
    assert.equal(await refused("sip:bob@elsewhere.example"), "target-barred");
    assert.equal(await refused(""), "invalid-target");
    assert.equal(await refused("1\r\nX: y"), "invalid-target");
    assert.equal(await refused("102", { seconds: 20 }), "invalid-input");
    assert.equal(await refused("102", { timeZone: "Mars/Olympus" }), "invalid-input");
    assert.equal(await refused("102", { mandatory: true }), "invalid-input");
    assert.equal(await refused("102", {}, { line: "999" }), "unknown-line");
    assert.equal(await refused("102", {}, { group: "nobody" }), "unknown-group");
    assert.deepEqual(targetsOf(directory), ["always 102"]);
  });

  it("is refused when another was faster", async () => {
    const { directory } = await open();
    const seen = directory.findForwarding(line101, "always", "all")?.etag ?? "";
    const set = (target: string) =>
      directory.setForwarding(
        line101,
        { when: "always", callers: "all", target },
        { ...local, ifMatch: seen },
      );
    const outcomes = await Promise.allSettled([set("103"), set("104")]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["fulfilled", "rejected"],
    );
    assert.deepEqual(targetsOf(directory), ["always 103"]);
    await assert.rejects(
      directory.setForwarding(
        line101,
        { when: "busy", callers: "all", target: "103" },
        { ...local, ifMatch: "*" },
      ),
      { code: "precondition-failed" },
    );
  });

  it("has the same tag for the same rule, over restarts too", async () => {
    const { directory, reopen } = await open();
    const again = await reopen();
    assert.equal(
      directory.findForwarding(line101, "always", "all")?.etag,
      again.findForwarding(line101, "always", "all")?.etag,
    );
  });

  it("leaves the old rule in place when the disk takes nothing, and works again once it does", async () => {
    const { directory, store } = await open();
    const events: DirectoryEvent[] = [];
    directory.onChange((event) => events.push(event));
    store.refuses = true;
    const set = () =>
      directory.setForwarding(line101, { when: "always", callers: "all", target: "103" }, local);
    await assert.rejects(set(), { code: "storage-unavailable" });
    assert.deepEqual(targetsOf(directory), ["always 102"]);
    assert.equal(events.length, 0);
    store.refuses = false;
    await set();
    assert.deepEqual(targetsOf(directory), ["always 103"]);
    assert.equal(events.length, 1);
  });

  it("warns of a loop that do not disturb at another line closes", async () => {
    const { directory } = await open();
    const chainsOf = async () => {
      const rule = { when: "always", callers: "all", target: "103" } as const;
      const { warnings } = await directory.setForwarding({ line: "102" }, rule, local);
      return warnings.map(({ message }) => message);
    };
    assert.deepEqual(await chainsOf(), []);
    await directory.setDoNotDisturb("103", { enabled: true, target: "102" }, local);
    assert.match((await chainsOf()).join(), /for all calls, when all these rules apply: 102 → 103 → 102\./);
    await directory.setDoNotDisturb("103", { enabled: false, target: "102" }, local);
    assert.deepEqual(await chainsOf(), []);
  });

  it("warns of a loop across own lines, and of a second call that may not come", async () => {
    const { directory } = await open();
    const loop = await directory.setForwarding(
      { line: "102" },
      { when: "always", callers: "all", target: "101" },
      local,
    );
    const told = loop.warnings.map(({ code }) => code);
    assert.deepEqual(told, ["chain"]);
    assert.match(loop.warnings[0]?.message ?? "", /for all calls, always: 101 → 102 → 101\./);
    for (const [line, when, target] of [
      ["101", "busy", "300"],
      ["103", "always", "101"],
    ] as const) {
      const outside = await directory.setForwarding({ line }, { when, callers: "all", target }, local);
      assert.deepEqual(outside.warnings, []);
    }
    const busy = await directory.setForwarding(
      { line: "103" },
      { when: "busy", callers: "all", target: "300" },
      local,
    );
    assert.deepEqual(
      busy.warnings.map(({ code }) => code),
      ["second-call-unknown"],
    );
  });

  it("of a group holds for its lines' next calls", async () => {
    const { directory } = await open();
    assert.deepEqual(directory.rulesOf("103")?.unreachable, []);
    await directory.setForwarding(
      { group: "g" },
      { when: "unreachable", callers: "all", target: "300" },
      local,
    );
    assert.equal(directory.rulesOf("103")?.unreachable[0]?.name.owner, "group");
    await directory.removeForwarding({ group: "g" }, { when: "unreachable", callers: "all" }, local);
    assert.deepEqual(directory.rulesOf("103")?.unreachable, []);
  });

  it("is told to who listens, and removing it too", async () => {
    const { directory } = await open();
    const events: DirectoryEvent[] = [];
    const stop = directory.onChange((event) => events.push(event));
    await directory.removeForwarding(line101, { when: "always", callers: "all" }, { actor: "anna" });
    stop();
    await directory.setForwarding(line101, { when: "always", callers: "all", target: "103" }, local);
    assert.deepEqual(events, [
      { kind: "forwarding", owner: line101, when: "always", callers: "all", actor: "anna" },
    ]);
    await assert.rejects(directory.removeForwarding(line101, { when: "busy", callers: "all" }, local), {
      code: "no-such-forwarding",
    });
  });
});

describe("applying a configuration", () => {
  it("changes nothing the second time, nor writes anything", async () => {
    const configuration: Configuration = {
      ...base,
      users: [{ name: "anna", password: "a long passphrase", role: "user", lines: ["102", "101"] }],
      tokens: [{ name: "t", role: "admin", secret: "s3cret" }],
    };
    const { directory, store, reopen } = await open(configuration);
    const tokenOf = (from: Directory) => from.findLine("101")?.contactToken;
    assert.match(tokenOf(directory) ?? "", /^[0-9a-f]{32}$/);
    for (const again of [directory, await reopen()]) {
      const report = await again.apply(configuration);
      assert.deepEqual([report.created, report.changed, report.removed, report.kept], [[], [], [], []]);
      assert.equal(report.unchanged, 9);
      assert.equal(tokenOf(again), tokenOf(directory));
    }
    assert.equal(store.commits.length, 1);
  });

  it("keeps no password of a user and no secret of a token", async () => {
    const { store } = await open({
      ...base,
      users: [{ name: "anna", password: "CANARY", role: "user", lines: [] }],
      tokens: [{ name: "t", role: "admin", secret: "CANARY" }],
    });
    assert.doesNotMatch(JSON.stringify(await store.load()), /CANARY/);
  });

  it("keeps a user's password when the file names none", async () => {
    const { directory } = await open({
      ...base,
      users: [{ name: "anna", password: "pw", role: "user", lines: [] }],
    });
    const hash = directory.findUser("anna")?.passwordHash;
    await directory.apply({ ...base, users: [{ name: "anna", role: "admin", lines: [] }] });
    assert.deepEqual(directory.findUser("anna"), {
      name: "anna",
      role: "admin",
      lines: [],
      passwordHash: hash,
    });
  });

  it("is all or nothing", async () => {
    const { directory, store } = await open();
    const faulty = { ...base, lines: [...base.lines, lineOf("104"), lineOf("105", { group: "none" })] };
    await assert.rejects(directory.apply(faulty), (refusal: Refusal) => {
      assert.equal(refusal.code, "invalid-configuration");
      assert.deepEqual(
        refusal.faults.map(({ path }) => path),
        ["lines[4].group"],
      );
      return true;
    });
    store.refuses = true;
    await assert.rejects(directory.apply({ ...base, lines: [lineOf("104")] }), {
      code: "storage-unavailable",
    });
    assert.equal(directory.findLine("104"), undefined);
    assert.equal(directory.lineCount, 3);
  });

  it("brings a part in beside what is there, and refers to it", async () => {
    const { directory } = await open();
    const part = { ...nothingNamed, lines: [lineOf("104")], forwardings: [rule("104", "busy", "101")] };
    assert.deepEqual((await directory.apply(part)).created, ["line 104", "forwarding line 104 busy/all"]);
    assert.equal(directory.lineCount, 4);
    await assert.rejects(directory.apply(part, { prune: true }), { code: "invalid-configuration" });
  });

  it("changes its own rules, and keeps and reports those that their user has changed since", async () => {
    const { directory, reopen } = await open({
      ...base,
      forwardings: [rule("101", "always", "102"), rule("102", "always", "103")],
    });
    await directory.setForwarding(line101, { when: "always", callers: "all", target: "103" }, local);
    const next = { ...base, forwardings: [rule("101", "always", "102"), rule("102", "always", "101")] };
    const report = await (await reopen()).apply(next);
    assert.deepEqual(report.kept, ["forwarding line 101 always/all"]);
    assert.deepEqual(report.changed, ["forwarding line 102 always/all"]);
    const after = await reopen();
    assert.deepEqual([...targetsOf(after), ...targetsOf(after, "102")], ["always 103", "always 101"]);
  });

  it("does not bring back a rule that its user took away, until the user sets it", async () => {
    const { directory, reopen } = await open();
    await directory.removeForwarding(line101, { when: "always", callers: "all" }, local);
    const again = await reopen();
    assert.deepEqual((await again.apply(base)).kept, ["forwarding line 101 always/all"]);
    assert.deepEqual(targetsOf(again), []);
    await again.setForwarding(line101, { when: "always", callers: "all", target: "102" }, local);
    assert.deepEqual((await again.apply(base)).kept, []);
  });

  it("takes a rule that its user has put back to the file's for the file's again", async () => {
    const { directory } = await open();
    for (const target of ["103", "102"]) {
      await directory.setForwarding(line101, { when: "always", callers: "all", target }, local);
    }
    const report = await directory.apply({ ...base, forwardings: [rule("101", "always", "300")] });
    assert.deepEqual(report.changed, ["forwarding line 101 always/all"]);
  });

  it("removes only when asked to prune, and users' own rules not even then", async () => {
    const { directory } = await open({
      ...base,
      forwardings: [rule("101", "always", "102"), rule("103", "busy", "102")],
    });
    await directory.setForwarding(line101, { when: "busy", callers: "all", target: "103" }, local);
    await directory.setForwarding({ line: "103" }, { when: "busy", callers: "all", target: "101" }, local);
    const less = { ...base, lines: [lineOf("101"), lineOf("103")], forwardings: [] };
    assert.deepEqual((await directory.apply(less)).removed, []);
    const report = await directory.apply(less, { prune: true });
    assert.deepEqual(report.removed, ["line 102", "forwarding line 101 always/all"]);
    assert.deepEqual(report.kept, ["forwarding line 101 busy/all", "forwarding line 103 busy/all"]);
    assert.deepEqual(targetsOf(directory), ["busy 103"]);
    assert.equal(directory.findLineByExtension("p", "102"), undefined);
  });

  it("prunes a group's rules whoever set them: they are the administrator's", async () => {
    const group = { group: "g" };
    const byFile = {
      owner: group,
      forwarding: { when: "always", callers: "all", target: "102", enabled: true },
    } as const;
    const { directory } = await open({ ...base, forwardings: [byFile] });
    await directory.setForwarding(group, { when: "always", callers: "all", target: "103" }, local);
    await directory.setForwarding(group, { when: "busy", callers: "external", target: "103" }, local);
    const report = await directory.apply({ ...base, forwardings: [] }, { prune: true });
    assert.deepEqual(report.removed, ["forwarding group g always/all", "forwarding group g busy/external"]);
    assert.deepEqual(report.kept, []);
    assert.deepEqual(directory.forwardings(group), []);
    assert.deepEqual((await directory.apply({ ...base, forwardings: [] }, { prune: true })).removed, []);
  });

  it("warns of a loop once, though the file has both its rules", async () => {
    const { directory } = await open({ ...base, forwardings: [] });
    const both = [rule("101", "always", "102"), rule("102", "always", "101")];
    const { warnings } = await directory.apply({ ...base, forwardings: both });
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ["chain"],
    );
  });

  it("tells which lines are touched, those of a changed PBX included, and no secret", async () => {
    const { directory } = await open();
    const events: DirectoryEvent[] = [];
    directory.onChange((event) => events.push(event));
    const [pbx] = base.pbxs;
    assert.ok(pbx);
    await directory.apply({
      ...base,
      pbxs: [{ ...pbx, overrides: { expires: 600 } }],
      lines: [...base.lines, lineOf("104", { password: "CANARY" })],
    });
    const [event] = events;
    assert.ok(event?.kind === "installation");
    assert.deepEqual(event.sections.lines, { created: ["104"], changed: ["101", "102", "103"], removed: [] });
    assert.equal(directory.setupOf("101")?.profile.expires, 600);
    assert.doesNotMatch(JSON.stringify(events), /CANARY/);
  });

  it("changes every PBX that names a profile of the installation's own with that profile", async () => {
    const { directory } = await open();
    const [pbx] = base.pbxs;
    assert.ok(pbx);
    const ours = (values: object) => [{ id: "ours", basedOn: "asterisk", values }];
    const apply = (values: object) =>
      directory.apply({ ...base, profiles: ours(values), pbxs: [{ ...pbx, profile: "ours" }] });
    assert.deepEqual((await apply({ ringLimit: 30 })).created, ["profile ours"]);
    assert.equal(directory.setupOf("101")?.profile.ringLimit, 30);
    const events: DirectoryEvent[] = [];
    directory.onChange((event) => events.push(event));
    assert.deepEqual((await apply({ expires: 60 })).changed, ["profile ours"]);
    const [event] = events;
    assert.ok(event?.kind === "installation");
    assert.deepEqual(event.sections.lines.changed, ["101", "102", "103"]);
    const { profile } = directory.setupOf("101") ?? {};
    assert.deepEqual([profile?.ringLimit, profile?.expires, profile?.secondCall], [undefined, 60, "yes"]);
    assert.deepEqual((await apply({ expires: 60 })).changed, []);

    const pruned = await directory.apply(base, { prune: true });
    assert.deepEqual(pruned.removed, ["profile ours"]);
    await assert.rejects(
      directory.apply({ ...base, pbxs: [{ ...pbx, profile: "ours" }] }),
      (refusal) => refusal instanceof Refusal && refusal.faults[0]?.message === "There is no profile “ours”.",
    );
  });

  it("takes it from the profile whether a second call comes, for lines that do not say", async () => {
    const [pbx] = base.pbxs;
    assert.ok(pbx);
    const busy = { when: "busy", callers: "all", target: "102" } as const;
    const codesAt = async (profile: string, line: string) => {
      const { directory } = await open({ ...base, pbxs: [{ ...pbx, profile }] });
      const { warnings } = await directory.setForwarding({ line }, busy, local);
      return warnings.map(({ code }) => code);
    };
    assert.deepEqual(await codesAt("generic", "103"), ["second-call-unknown"]);
    assert.deepEqual(await codesAt("asterisk", "103"), []);
    assert.deepEqual(await codesAt("generic", "101"), []);
  });

  it("lets two lines swap their extensions and phones", async () => {
    const phones = (one: string, other: string) => [
      lineOf("101", { extension: one, phone: { username: one, password: "x" } }),
      lineOf("102", { extension: other, phone: { username: other, password: "x" } }),
    ];
    const { directory } = await open({ ...base, lines: phones("201", "202"), forwardings: [] });
    await directory.apply({ ...base, lines: phones("202", "201"), forwardings: [] });
    assert.equal(directory.findLineByPhone("201")?.id, "102");
    assert.equal(directory.findLineByExtension("p", "202")?.id, "101");
  });
});

describe("changes that come at once", () => {
  it("of one line are made one after the other, also with an apply between them", async () => {
    const { directory } = await open();
    const set = (target: string) =>
      directory.setForwarding(line101, { when: "busy", callers: "all", target }, local);
    const results = await Promise.all([set("102"), set("103"), directory.apply(base), set("104")]);
    assert.deepEqual(targetsOf(directory), ["always 102", "busy 104"]);
    assert.equal(results[0].created, true);
    assert.equal(results[3].created, false);
  });

  it("are refused for a line that an apply before them removes", async () => {
    const { directory } = await open();
    const [, set] = await Promise.allSettled([
      directory.apply({ ...base, lines: [lineOf("102")], forwardings: [] }, { prune: true }),
      directory.setForwarding(line101, { when: "busy", callers: "all", target: "103" }, local),
    ]);
    assert.equal(set.status === "rejected" && (set.reason as Refusal).code, "unknown-line");
  });
});

const nothingNamed: Configuration = {
  sites: [],
  profiles: [],
  pbxs: [],
  groups: [],
  lines: [],
  users: [],
  tokens: [],
  forwardings: [],
};
