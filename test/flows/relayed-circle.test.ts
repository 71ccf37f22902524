/** Lines that are forwarded to one another, at a PBX that follows no 302: Divert carries the call itself, and not for ever. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PracticeInstallation } from "../support/practice-installation.ts";

describe("a circle of relayed calls (CHECKS B13)", () => {
  for (const [story, hops, decisions] of [
    // The PBX names the line that relays as the caller, and nobody is forwarded to the caller.
    ["of two lines", ["102", "101"], ["101 relay", "102 reject"]],
    // The first line sees its own name among those that diverted the call.
    ["of three lines", ["102", "103", "101"], ["101 relay", "102 relay", "103 relay", "101 reject"]],
  ] as const) {
    it(`${story} ends, and nothing stays up`, async (t) => {
      const office = await PracticeInstallation.start({ redirect: "no" });
      t.after(() => office.close());
      const lines = ["101", ...hops.slice(0, -1)];
      for (const [index, line] of lines.entries()) {
        const target = hops[index];
        const { status } = await office.ask("PUT", `/lines/${line}/forwardings/always/all`, { target });
        assert.equal(status, 201);
      }
      const decided: string[] = [];
      office.divert.onCall(({ line, action }) => void decided.push(`${line} ${action}`));
      const anna = await office.phone("105");
      const outcome = await office.within(anna.call("101").outcome);
      assert.deepEqual(outcome, { kind: "refused", status: 486 });
      assert.deepEqual(decided, decisions);
      await office.passUntil(() => lines.every((line) => office.pbx.callsOf(line) === 0));
      for (const line of office.divert.lines.all()) assert.equal(line.callsAtPbx, 0);
    });
  }
});
