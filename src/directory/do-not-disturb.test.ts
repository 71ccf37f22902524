import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { credentials } from "../accounts/credentials.ts";
import { systemRandom } from "../base/random.ts";
import { Refusal } from "../base/refusal.ts";
import { sampleInstallation } from "../../test/store/sample-installation.ts";
import { MemoryStore } from "../../test/support/memory-store.ts";
import type { DirectoryEvent } from "./directory-event.ts";
import { Directory, type DoNotDisturbSetting } from "./directory.ts";
import type { Configuration, LineConfiguration } from "./installation.ts";

const local = { actor: "local" };

function configuration(dnd?: DoNotDisturbSetting, ids: readonly string[] = ["101", "102"]): Configuration {
  const { sites, profiles, pbxs, groups } = sampleInstallation;
  const lines = ids.map((id): LineConfiguration => ({
    id,
    group: "sales",
    extension: id,
    username: id,
    password: "secret",
    secondCall: "yes",
    callWaiting: true,
    ...(id === "101" && dnd !== undefined && { doNotDisturb: dnd }),
  }));
  return { sites, profiles, pbxs, groups, lines, users: [], tokens: [], forwardings: [] };
}

async function open(dnd?: DoNotDisturbSetting) {
  const store = new MemoryStore();
  const reopen = () => Directory.open({ store, random: systemRandom, credentials });
  const directory = await reopen();
  await directory.apply(configuration(dnd));
  const events: DirectoryEvent[] = [];
  directory.onChange((event) => events.push(event));
  return { store, directory, reopen, events };
}

describe("do not disturb of a line", () => {
  it("is off until it is set, holds at once, and is there after a restart", async () => {
    const { directory, reopen, events } = await open();
    assert.deepEqual(directory.doNotDisturbSetting("101").setting, { enabled: false });
    assert.equal(directory.doNotDisturbOf("101"), undefined);

    const set = await directory.setDoNotDisturb("101", { enabled: true, target: " 102 " }, local);
    assert.deepEqual(set.setting, { enabled: true, target: "102" });
    assert.equal(directory.doNotDisturbOf("101")?.rule?.target?.canonical, "102");
    assert.equal(directory.doNotDisturbOf("102"), undefined);
    assert.deepEqual(events, [{ kind: "doNotDisturb", line: "101", setting: set.setting, actor: "local" }]);

    const again = await reopen();
    assert.deepEqual(again.doNotDisturbSetting("101"), set);
    await again.setDoNotDisturb("101", { enabled: true }, local);
    assert.deepEqual(again.doNotDisturbOf("101"), { rule: undefined });
    await again.setDoNotDisturb("101", { enabled: false, target: "102" }, local);
    assert.equal(again.doNotDisturbOf("101"), undefined);
    assert.deepEqual(again.doNotDisturbSetting("101").setting, { enabled: false, target: "102" });
  });

  it("leads nowhere that a forwarding may not", async () => {
    const { directory, store } = await open();
    const refused = async (line: string, target: string, code: string) => {
      const attempt = directory.setDoNotDisturb(line, { enabled: true, target }, local);
      await assert.rejects(attempt, (error) => error instanceof Refusal && error.code === code, target);
    };
    const commits = store.commits.length;
    await refused("101", "101", "target-is-self");
    await refused("101", "+4981513685 6101", "target-is-self");
    await refused("101", "112", "target-barred");
    await refused("101", "sip:bob@elsewhere.example", "target-barred");
    await refused("101", "", "invalid-target");
    await refused("999", "102", "unknown-line");
    assert.equal(store.commits.length, commits);
  });

  it("lets the first of two changes through, and changes nothing when all stays as it is", async () => {
    const { directory, store, events } = await open();
    const { etag } = directory.doNotDisturbSetting("101");
    await directory.setDoNotDisturb("101", { enabled: true }, { ...local, ifMatch: etag });
    const late = directory.setDoNotDisturb(
      "101",
      { enabled: true, target: "102" },
      { ...local, ifMatch: etag },
    );
    await assert.rejects(late, (error) => error instanceof Refusal && error.code === "precondition-failed");
    const commits = store.commits.length;
    await directory.setDoNotDisturb("101", { enabled: true }, local);
    assert.equal(store.commits.length, commits);
    assert.equal(events.length, 1);
  });

  it("holds on as it was when the disk takes no change", async () => {
    const { directory, store } = await open();
    store.refuses = true;
    await assert.rejects(directory.setDoNotDisturb("101", { enabled: true }, local));
    assert.equal(directory.doNotDisturbOf("101"), undefined);
  });
});

describe("do not disturb in a configuration file", () => {
  const name = "do not disturb of line 101";

  it("is set, changed, and left alone by a file that does not name it", async () => {
    const { directory } = await open({ enabled: true });
    assert.deepEqual(directory.doNotDisturbOf("101"), { rule: undefined });
    assert.equal((await directory.apply(configuration({ enabled: true }))).changed.length, 0);
    const report = await directory.apply(configuration({ enabled: true, target: "500" }));
    assert.deepEqual(report.changed, [name]);
    assert.deepEqual((await directory.apply(configuration())).changed, []);
    assert.equal(directory.doNotDisturbSetting("101").setting.target, "500");
  });

  it("yields to what the user has set since, and says so", async () => {
    const { directory, reopen } = await open({ enabled: true });
    await directory.setDoNotDisturb("101", { enabled: false }, local);
    const again = await reopen();
    assert.deepEqual((await again.apply(configuration({ enabled: true }))).kept, [name]);
    assert.equal(again.doNotDisturbOf("101"), undefined);
    // What the file asks for again is the file's again.
    await again.setDoNotDisturb("101", { enabled: true }, local);
    assert.deepEqual((await again.apply(configuration({ enabled: false }))).changed, [name]);
  });

  it("goes when asked to prune, but what its user set stays", async () => {
    const { directory } = await open({ enabled: true });
    await directory.setDoNotDisturb("102", { enabled: true }, local);
    const report = await directory.apply(configuration(), { prune: true });
    assert.deepEqual(report.removed, [name]);
    assert.equal(directory.doNotDisturbOf("101"), undefined);
    assert.notEqual(directory.doNotDisturbOf("102"), undefined);
    await directory.apply(configuration(undefined, ["101"]), { prune: true });
    await directory.apply(configuration());
    assert.equal(directory.doNotDisturbOf("102"), undefined, "it went with its line");
  });

  it("is checked for its target like a forwarding", async () => {
    const { directory } = await open();
    const attempt = directory.apply(configuration({ enabled: true, target: "112" }));
    await assert.rejects(attempt, (error) => {
      assert.ok(error instanceof Refusal);
      assert.deepEqual(
        error.faults.map(({ path }) => path),
        ["lines[0].dnd"],
      );
      return true;
    });
  });
});
