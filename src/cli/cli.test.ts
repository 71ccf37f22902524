/** The commands as a user types them: on a data folder without a server, and through a server. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { adminSecret, localSecret, sampleAccounts, startHttp } from "../../test/support/http-server.ts";
import { writeServerFile } from "../http/server-file.ts";
import { main } from "./main.ts";

const configuration = `
sites:
  - id: starnberg
    countryCode: "49"
    areaCode: "8151"
    mainNumber: "36856"
    extensions: ["100-399", "500"]
pbxs:
  - { id: hq, profile: generic, site: starnberg, registrar: "sip:127.0.0.1:5070" }
groups:
  - { id: sales, pbx: hq }
lines:
  - { id: "101", group: sales, username: "101", password: "\${env:LINE_PASSWORD}" }
  - { id: "102", group: sales, username: "102", password: "\${env:LINE_PASSWORD}" }
forwardings:
  - { line: "101", when: always, callers: internal, target: "102" }
`;

interface Said {
  readonly status: number;
  readonly out: string;
  readonly errors: string;
}

type Divert = (...args: string[]) => Promise<Said>;

/** `divert` with an environment of its own. */
function divertWith(environment: Readonly<Record<string, string>>): Divert {
  return async (...args) => {
    const out: string[] = [];
    const errors: string[] = [];
    const status = await main(args, {
      environment,
      print: (text) => void out.push(text),
      warn: (text) => void errors.push(text),
    });
    return { status, out: out.join("\n"), errors: errors.join("\n") };
  };
}

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "divert-cli-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

async function applied(t: TestContext): Promise<{ readonly divert: Divert; readonly folder: string }> {
  const folder = await temporaryFolder(t);
  const file = join(folder, "divert.yaml");
  await writeFile(file, configuration);
  const divert = divertWith({ DIVERT_DATA: join(folder, "data"), LINE_PASSWORD: 'canary: "quoted"' });
  const { status, errors } = await divert("apply", file);
  assert.equal(status, 0, errors);
  return { divert, folder };
}

test("what makes no sense is wrong usage, with the right usage", async () => {
  const divert = divertWith({});
  for (const args of [
    [],
    ["fly"],
    ["line"],
    ["line", "fly"],
    ["line", "show"],
    ["line", "list", "--colour"],
    ["forward", "set", "101", "always", "all"],
    ["forward", "set", "101", "sometimes", "all", "102"],
    ["forward", "set", "101", "always", "everybody", "102"],
    ["forward", "set", "101", "noAnswer", "all", "102", "--seconds", "soon"],
    ["dnd"],
    ["dnd", "101", "perhaps"],
    ["dnd", "101", "off", "102"],
    ["forward", "set", "101", "noAnswer", "all", "102", "--seconds", "0"],
    ["forward", "set", "101", "always", "all", "102", "--from", "yesterday"],
    ["forward", "set", "101", "always", "all", "102", "--until", "2030-01-07T08:00:00"],
    ["forward", "set", "101", "always", "all", "102", "--hours", "daily"],
    ["forward", "set", "101", "always", "all", "102", "--time-zone", "Europe/Berlin"],
    ["explain", "101"],
    ["explain", "101", "103", "--stage", "foo"],
    ["explain", "101", "103", "--calls", "1001"],
    ["explain", "101", "103", "--at", "noon"],
    ["calls", "--limit", "x"],
    ["calls", "--limit", "0"],
    ["calls", "--from", "yesterday"],
    ["calls", "--to", "tomorrow"],
    ["line", "list", "--server", "pbx"],
    ["explain", "101", "103", "104"],
    ["apply"],
    ["backup"],
    ["serve", "--http", "nowhere"],
    ["serve", "extra"],
  ]) {
    const { status, out, errors } = await divert(...args);
    assert.equal(status, 2, args.join(" "));
    assert.equal(out, "");
    assert.match(errors, /Usage: divert/, args.join(" "));
    // What is wrong comes last: the help may be longer than the window.
    if (args.length > 0) assert.match(errors.split("\n").at(-1) ?? "", /^divert( \w+)?: /, args.join(" "));
  }
});

test("a command that is not there is told with the one that may be meant", async () => {
  const { errors } = await divertWith({})("forwrad", "list", "101");
  assert.match(errors, /\n\ndivert: there is no command "forwrad"\. Did you mean “forward”\?$/);
});

test("help and version are no errors", async () => {
  const divert = divertWith({});
  assert.match((await divert("--help")).out, /serve .*\n.*apply/);
  assert.match((await divert("help", "forward")).out, /^Usage: divert forward list LINE/);
  assert.match((await divert("serve", "--help")).out, /--sip URI/);
  assert.match((await divert("--version")).out, /^\d+\.\d+\.\d+$/);
  assert.equal((await divert("--help")).status, 0);
});

test("a data folder that is not there is told, and not made", async (t) => {
  const folder = join(await temporaryFolder(t), "nowhere");
  const { status, errors } = await divertWith({})("line", "list", "--data", folder);
  assert.equal(status, 1);
  assert.match(errors, /There is no data of Divert in .*nowhere.*--data/);
  await assert.rejects(stat(folder));
});

test("do not disturb is switched on, shown, and switched off", async (t) => {
  const { divert } = await applied(t);
  assert.equal((await divert("dnd", "101")).out, "off");
  assert.deepEqual(await divert("dnd", "101", "on", "102"), { status: 0, out: "", errors: "" });
  assert.equal((await divert("dnd", "101")).out, "on, callers go to 102");
  assert.match((await divert("export")).out, /dnd: "102"/);
  assert.equal((await divert("dnd", "101", "on")).status, 0);
  assert.equal((await divert("dnd", "101")).out, "on");
  const { enabled } = JSON.parse((await divert("dnd", "101", "off", "--json")).out) as { enabled: boolean };
  assert.equal(enabled, false);
  const barred = await divert("dnd", "101", "on", "112");
  assert.equal(barred.status, 1);
  assert.match(barred.errors, /112/);
});

test("without a server a configuration is applied and rules are set, and all of it stays", async (t) => {
  const { divert } = await applied(t);
  assert.match(
    (await divert("line", "list")).out,
    /^LINE +EXTENSION +GROUP.*\n101 +101 +sales +hq +not-running/,
  );
  assert.match((await divert("line", "list", "102")).out, /102/);
  assert.doesNotMatch((await divert("line", "list", "102")).out, /101/);
  const shown = JSON.parse((await divert("line", "show", "101")).out) as Record<string, unknown>;
  assert.equal(shown["pbx"], "hq");

  const set = await divert("forward", "set", "101", "busy", "external", "+4989123456");
  assert.equal(set.status, 0, set.errors);
  assert.equal(set.out, "line 101: busy, external callers -> +4989123456");
  const rules = JSON.parse((await divert("forward", "list", "101", "--json")).out) as { target: string }[];
  assert.deepEqual(
    rules.map(({ target }) => target),
    ["102", "+4989123456"],
  );
  assert.match((await divert("forward", "list", "101")).out, /busy +external +\+4989123456/);
  assert.equal(
    (await divert("forward", "set", "sales", "unreachable", "all", "500", "--group", "--mandatory")).status,
    0,
  );
  assert.match((await divert("forward", "list", "sales", "--group")).out, /unreachable +all +500 +mandatory/);

  const explained = await divert("explain", "101", "103", "--phones", "1");
  assert.match(explained.out, /^redirect 302 -> 102: internal caller, rule always\/internal \(user\)\n {2}/);
  const json = JSON.parse((await divert("explain", "101", "", "--json")).out) as Record<string, unknown>;
  assert.equal(json["caller"], "external");

  const removed = await divert("forward", "remove", "101", "busy", "external");
  assert.deepEqual(removed, { status: 0, out: "line 101: busy, external callers: removed", errors: "" });
  const gone = await divert("forward", "remove", "101", "busy", "external");
  assert.equal(gone.status, 1);
  assert.equal(gone.errors, "divert forward: There is no forwarding busy/external of line 101.");
  assert.deepEqual(JSON.parse((await divert("calls", "--json")).out), { calls: [] });
});

test("a rule has the hours that are named, and what the one before it had is not lost in silence", async (t) => {
  const { divert } = await applied(t);
  const hours = ["--hours", "mon-fri 08:00-17:00", "--hours", "sat 09:00-12:00"];
  const zone = ["--time-zone", "Europe/Berlin"];
  const set = await divert("forward", "set", "101", "always", "all", "102", ...hours, ...zone);
  const told = "mon-fri 08:00-17:00, sat 09:00-12:00, Europe/Berlin";
  assert.deepEqual(set, { status: 0, out: `line 101: always, all callers -> 102 (${told})`, errors: "" });
  assert.ok((await divert("forward", "list", "101")).out.includes(told));
  const next = await divert("forward", "set", "101", "always", "all", "500");
  assert.equal(next.out, "line 101: always, all callers -> 500");
  assert.equal(next.errors, `before: -> 102 (${told})`);
  assert.equal((await divert("forward", "set", "101", "always", "all", "102")).errors, "");
});

test("where there is nothing to list, that is said", async (t) => {
  const { divert } = await applied(t);
  assert.deepEqual(await divert("calls"), { status: 0, out: "", errors: "No call has come yet." });
  assert.equal((await divert("calls", "--line", "101")).errors, "No such call has come.");
  const nobody = await divert("line", "list", "nobody");
  assert.deepEqual(nobody, {
    status: 0,
    out: "",
    errors: 'No line has "nobody" in its id, extension or name.',
  });
  assert.deepEqual(JSON.parse((await divert("line", "list", "nobody", "--json")).out), []);
});

test("refusals are told in words, with exit status 1", async (t) => {
  const { divert, folder } = await applied(t);
  const unknown = await divert("forward", "set", "999", "always", "all", "102");
  assert.equal(unknown.status, 1);
  assert.match(unknown.errors, /^divert forward: There is no line 999\./);
  const self = await divert("forward", "set", "101", "always", "all", "101");
  assert.equal(self.status, 1);
  assert.equal(
    self.errors,
    "divert forward: 101 is this very line: it cannot be forwarded to itself. Choose another target.",
  );

  const broken = join(folder, "broken.yaml");
  await writeFile(broken, 'lines:\n  - { id: "103", group: nobody }\n  - { id: 5 }\n');
  const refused = await divert("apply", broken);
  assert.equal(refused.status, 1);
  assert.match(refused.errors, /broken\.yaml:2:/);
  assert.match(refused.errors, /broken\.yaml:3:/);
  const missing = await divert("apply", join(folder, "missing.yaml"));
  assert.equal(missing.status, 1);
  assert.match(missing.errors, /missing\.yaml cannot be read: there is no such file or folder\.$/);
  const nowhere = await divert("backup", join(folder, "nowhere", "copy.db"));
  assert.equal(nowhere.status, 1);
  assert.match(nowhere.errors, /copy\.db cannot be written: there is no such file or folder\.$/);
});

test("applying twice changes nothing; what is exported can be applied", async (t) => {
  const { divert, folder } = await applied(t);
  const again = await divert("apply", join(folder, "divert.yaml"));
  assert.equal(again.status, 0);
  assert.match(again.out, /^0 created, 0 changed, 0 removed, \d+ unchanged$/m);
  const exported = await divert("export");
  assert.equal(exported.status, 0);
  assert.doesNotMatch(exported.out, /canary/);
  assert.match(exported.out, /\$\{env:/);
  assert.ok(Array.isArray((JSON.parse((await divert("export", "--json")).out) as { lines: unknown }).lines));
});

test("a backup is a whole data folder's worth, for its owner's eyes", async (t) => {
  const { divert, folder } = await applied(t);
  const copy = join(folder, "restored", "divert.db");
  await writeFile(join(folder, "there"), "");
  assert.equal((await divert("backup", join(folder, "there"))).status, 1);
  await mkdir(join(folder, "restored"));
  const done = await divert("backup", copy);
  assert.equal(done.status, 0, done.errors);
  assert.equal((await stat(copy)).mode & 0o777, 0o600);
  const restored = await divert("forward", "list", "101", "--data", join(folder, "restored"));
  assert.match(restored.out, /always +internal +102/);
});

test("where a server runs, its data folder leads to it, accounts or not", async (t) => {
  const { url, dataFolder, states, application } = await startHttp(t, sampleAccounts);
  await writeServerFile(dataFolder, { url, pid: process.pid, secret: localSecret });
  states.set("101", { registration: { state: "registered" }, calls: 1, phones: 0 });
  const divert = divertWith({ DIVERT_DATA: dataFolder });
  assert.match((await divert("line", "list")).out, /101 .* registered +1 +0/);
  assert.equal((await divert("forward", "set", "101", "always", "all", "102")).status, 0);
  assert.equal(
    application.directory.findForwarding({ line: "101" }, "always", "all")?.forwarding.target,
    "102",
  );
});

test("a server elsewhere is reached by its URL and a token", async (t) => {
  const { url } = await startHttp(t, sampleAccounts);
  const stranger = await divertWith({})("line", "list", "--server", url);
  assert.equal(stranger.status, 1);
  assert.equal(
    stranger.errors,
    "divert line: The server asks for a sign-in. Give a token with --token, or in DIVERT_TOKEN.",
  );
  const guessed = await divertWith({ DIVERT_TOKEN: "guessed" })("line", "list", "--server", url);
  assert.match(guessed.errors, /does not know this token\. .*--token.*DIVERT_TOKEN/);
  const overTls = await divertWith({})("line", "list", "--server", url.replace("http:", "https:"));
  assert.equal(overTls.status, 1);
  assert.match(overTls.errors, /it does not speak TLS\. Write http:\/\/ instead of https:\/\/\.$/);
  assert.equal(
    (await divertWith({})("line", "list", "--server", `${url}/`, "--token", adminSecret)).status,
    0,
  );
  assert.equal((await divertWith({ DIVERT_TOKEN: adminSecret })("line", "list", "--server", url)).status, 0);
  const nobody = await divertWith({})("line", "list", "--server", "http://127.0.0.1:1");
  assert.equal(nobody.status, 1);
  assert.match(nobody.errors, /does not answer/);
});

test("what a killed server left behind does not keep the commands from the data", async (t) => {
  const { divert, folder } = await applied(t);
  const killed = createServer().listen(0, "127.0.0.1");
  await once(killed, "listening");
  const { port } = killed.address() as AddressInfo;
  killed.close();
  await once(killed, "close");
  await writeServerFile(join(folder, "data"), { url: `http://127.0.0.1:${port}`, pid: 1, secret: "old" });
  assert.equal((await divert("line", "list")).status, 0);
});

test("profiles are listed and shown, each key with how it is known", async (t) => {
  const { divert, folder } = await applied(t);
  const file = join(folder, "more.yaml");
  await writeFile(
    file,
    'profiles: [{ id: ours, basedOn: asterisk, source: trace of May, marks: [{ says: group, prefix: "*9" }] }]',
  );
  assert.equal((await divert("apply", file)).status, 0);

  const list = await divert("profile", "list");
  assert.match(list.out, /^PROFILE +FOR +BASED ON +FOLLOWS A 302 +HOW SURE$/m);
  assert.match(list.out, /^kamailio +Kamailio +yes +tested$/m);
  assert.match(list.out, /^ours +ours +asterisk +yes +tested$/m);

  const shown = await divert("profile", "show", "ours");
  assert.match(shown.out, /^marks +\[\{"says":"group","prefix":"\*9"\}\] +configured +trace of May$/m);
  assert.match(shown.out, /^keepAliveSeconds +30 +assumed$/m);
  const json = JSON.parse((await divert("profile", "show", "cucm", "--json")).out) as {
    keys: { key: string; value: unknown }[];
  };
  assert.deepEqual(json.keys.find(({ key }) => key === "calledParty")?.value, ["To"]);

  const unknown = await divert("profile", "show", "asterix");
  assert.deepEqual([unknown.status, /Did you mean “asterisk”/.test(unknown.errors)], [1, true]);
  assert.equal((await divert("profile", "print")).status, 2);
});
