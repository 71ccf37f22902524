/** What every database must do behind the store's ports: run for each of them. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { CallLog, CallRecord } from "../../src/calls/call-log.ts";
import type { DirectoryStore, StoredInstallation } from "../../src/directory/directory-store.ts";
import {
  emptyInstallation,
  sampleCall,
  sampleForwarding,
  sampleInstallation,
  sampleLine,
} from "./sample-installation.ts";

export interface OpenStore {
  readonly directory: DirectoryStore;
  readonly calls: CallLog;
  close(): Promise<void>;
}

/** A place for one test's data: empty at first, kept over `open` and `close`. */
export interface StorePlace {
  open(): Promise<OpenStore>;
  remove(): Promise<void>;
}

export function storeContract(name: string, makePlace: () => Promise<StorePlace>): void {
  describe(name, () => {
    let place: StorePlace;
    let store: OpenStore;

    beforeEach(async () => {
      place = await makePlace();
      store = await place.open();
    });

    afterEach(async () => {
      await store.close();
      await place.remove();
    });

    async function reopen(): Promise<void> {
      await store.close();
      store = await place.open();
    }

    async function assertKept(expected: StoredInstallation): Promise<void> {
      assert.deepEqual(inOrder(await store.directory.load()), inOrder(expected));
    }

    describe("directory", () => {
      it("is empty at first", async () => {
        await assertKept(emptyInstallation);
      });

      it("gives back every field as it was put, after a restart too", async () => {
        await store.directory.commit(asChanges(sampleInstallation));
        await assertKept(sampleInstallation);
        await reopen();
        await assertKept(sampleInstallation);
      });

      it("puts a row in place of the one with the same key", async () => {
        await store.directory.commit(asChanges(sampleInstallation));
        const line = sampleLine("101", { password: "other", callWaiting: false });
        const forwarding = sampleForwarding("101", "300");
        const user = { name: "anna", role: "admin", lines: ["102"] } as const;
        await store.directory.commit({
          lines: { put: [line], remove: [] },
          forwardings: { put: [forwarding], remove: [] },
          users: { put: [user], remove: [] },
        });
        const { lines, forwardings, users } = await store.directory.load();
        assert.deepEqual(
          lines.find(({ id }) => id === "101"),
          line,
        );
        assert.deepEqual(
          forwardings.find(({ owner, when }) => "line" in owner && owner.line === "101" && when === "always"),
          forwarding,
        );
        assert.deepEqual(
          users.find(({ name }) => name === "anna"),
          user,
        );
      });

      it("takes a line's rules and its users' claims along when the line goes", async () => {
        await store.directory.commit(asChanges(sampleInstallation));
        await store.directory.commit({ lines: { put: [], remove: ["101"] } });
        const { lines, forwardings, users } = await store.directory.load();
        assert.deepEqual(
          lines.map(({ id }) => id),
          ["102"],
        );
        assert.deepEqual(
          forwardings
            .map(({ owner }) => owner)
            .sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
          [{ group: "sales" }, { line: "102" }],
        );
        assert.deepEqual(users.find(({ name }) => name === "anna")?.lines, ["102"]);
      });

      it("removes one rule and leaves the others", async () => {
        await store.directory.commit(asChanges(sampleInstallation));
        await store.directory.commit({
          forwardings: { put: [], remove: [{ owner: { line: "101" }, when: "always", callers: "all" }] },
        });
        const { forwardings } = await store.directory.load();
        assert.equal(forwardings.length, sampleInstallation.forwardings.length - 1);
      });

      it("keeps nothing of a change that refers to what is not there", async () => {
        await store.directory.commit(asChanges(sampleInstallation));
        await assert.rejects(
          store.directory.commit({
            lines: { put: [sampleLine("103"), sampleLine("104", { group: "no such group" })], remove: [] },
          }),
        );
        await assertKept(sampleInstallation);
      });

      it("fails the bad one alone of several changes that come at once, and keeps their order", async () => {
        await store.directory.commit(asChanges(sampleInstallation));
        const outcomes = await Promise.allSettled([
          store.directory.commit({ forwardings: { put: [sampleForwarding("101", "201")], remove: [] } }),
          store.directory.commit({ forwardings: { put: [sampleForwarding("999", "201")], remove: [] } }),
          store.directory.commit({ forwardings: { put: [sampleForwarding("102", "202")], remove: [] } }),
          store.directory.commit({ forwardings: { put: [sampleForwarding("101", "203")], remove: [] } }),
        ]);
        assert.deepEqual(
          outcomes.map(({ status }) => status),
          ["fulfilled", "rejected", "fulfilled", "fulfilled"],
        );
        await reopen();
        const { forwardings } = await store.directory.load();
        const always = forwardings.filter(({ when, owner }) => when === "always" && "line" in owner);
        assert.deepEqual(always.map(({ forwarding }) => forwarding?.target).sort(), ["202", "203"]);
      });

      it("keeps do not disturb of a line as long as the line is there", async () => {
        await store.directory.commit(asChanges(sampleInstallation));
        await store.directory.commit({ doNotDisturb: { put: [], remove: ["102"] } });
        const [first] = sampleInstallation.doNotDisturb;
        assert.deepEqual((await store.directory.load()).doNotDisturb, [first]);
        await store.directory.commit({ lines: { put: [], remove: ["101"] } });
        assert.deepEqual((await store.directory.load()).doNotDisturb, []);
      });

      it("takes a line to another group in the change that removes its old one", async () => {
        await store.directory.commit(asChanges(sampleInstallation));
        const [group] = sampleInstallation.groups;
        assert.ok(group !== undefined);
        const lines = sampleInstallation.lines.map((line) => ({ ...line, group: "support" }));
        await store.directory.commit({
          groups: { put: [{ ...group, id: "support" }], remove: ["sales"] },
          lines: { put: lines, remove: [] },
        });
        const kept = await store.directory.load();
        assert.deepEqual(
          kept.groups.map(({ id }) => id),
          ["support"],
        );
        assert.equal(kept.lines.length, 2);
      });
    });

    describe("call log", () => {
      it("finds at once what was recorded, the latest first, with every field", async () => {
        const whole = sampleCall(2, { called: "36856101", durationMs: 1200 });
        const withoutRule: CallRecord = {
          id: "call-0001",
          startedAt: 1_000_001,
          line: "101",
          caller: "anonymous",
          callerClass: "external",
          lineState: "busy",
          action: "reject",
          status: 486,
          reasons: [],
          endedAs: "refused",
        };
        store.calls.record(withoutRule);
        store.calls.record(whole);
        assert.deepEqual(await store.calls.find({}), { calls: [whole, withoutRule] });
      });

      it("keeps what was flushed over a restart", async () => {
        store.calls.record(sampleCall(1));
        await store.calls.flush();
        await reopen();
        assert.equal((await store.calls.find({})).calls.length, 1);
      });

      it("finds by line, caller, class, action and time", async () => {
        store.calls.record(sampleCall(1, { line: "101", caller: "103", callerClass: "internal" }));
        store.calls.record(sampleCall(2, { line: "102", action: "reject" }));
        store.calls.record(sampleCall(3, { line: "103" }));
        const ids = async (query: Parameters<CallLog["find"]>[0]) =>
          (await store.calls.find(query)).calls.map(({ startedAt }) => startedAt - 1_000_000);
        assert.deepEqual(await ids({ lines: ["101", "103"] }), [3, 1]);
        assert.deepEqual(await ids({ lines: [] }), []);
        assert.deepEqual(await ids({ caller: "103" }), [1]);
        assert.deepEqual(await ids({ callerClass: "external" }), [3, 2]);
        assert.deepEqual(await ids({ action: "reject" }), [2]);
        assert.deepEqual(await ids({ from: 1_000_002, until: 1_000_003 }), [2]);
      });

      it("is read page by page, each call once, also when several began in the same millisecond", async () => {
        for (let number = 0; number < 25; number++) {
          store.calls.record(sampleCall(number, { startedAt: 1_000_000 + (number >> 2) }));
        }
        const seen: string[] = [];
        let after: string | undefined;
        do {
          const page = await store.calls.find({ limit: 10, ...(after !== undefined && { after }) });
          seen.push(...page.calls.map(({ id }) => id));
          after = page.next;
        } while (after !== undefined);
        assert.deepEqual(
          seen,
          Array.from({ length: 25 }, (_, index) => sampleCall(24 - index).id),
        );
      });

      it("refuses a place in the log that no page gave", async () => {
        await assert.rejects(store.calls.find({ after: "' or 1=1" }), { code: "invalid-input" });
      });
    });
  });
}

function asChanges(installation: StoredInstallation) {
  return {
    sites: { put: installation.sites, remove: [] },
    profiles: { put: installation.profiles, remove: [] },
    pbxs: { put: installation.pbxs, remove: [] },
    groups: { put: installation.groups, remove: [] },
    lines: { put: installation.lines, remove: [] },
    users: { put: installation.users, remove: [] },
    tokens: { put: installation.tokens, remove: [] },
    forwardings: { put: installation.forwardings, remove: [] },
    doNotDisturb: { put: installation.doNotDisturb, remove: [] },
    findings: { put: installation.findings, remove: [] },
  };
}

function inOrder(installation: StoredInstallation): StoredInstallation {
  const byText = (a: unknown, b: unknown) => JSON.stringify(a).localeCompare(JSON.stringify(b));
  return { ...installation, forwardings: [...installation.forwardings].sort(byText) };
}
