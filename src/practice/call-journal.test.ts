import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { CallJournal, formatJournalLine } from "./call-journal.ts";
import type { DecidedCall } from "./call-journal.ts";
import type { CallReport } from "./call-report.ts";

const redirect: DecidedCall = {
  id: "1",
  line: "101",
  caller: "105",
  callerClass: "internal",
  lineState: "idle",
  action: "redirect",
  target: "500",
  rule: { when: "always", callers: "internal" },
  status: 302,
};

const report: CallReport = {
  id: "a",
  caller: "105",
  origin: "inside",
  dialled: "101",
  path: [{ by: "302", extension: "101", target: "500" }],
  outcome: { kind: "answered", by: "500" },
};

describe("the call journal", () => {
  let lines: string[];
  let journal: CallJournal;

  beforeEach(() => {
    lines = [];
    journal = new CallJournal((line) => lines.push(formatJournalLine(line, false)));
  });

  it("tells a forwarded call in one line, when it is known where it ended up", () => {
    journal.decided(redirect);
    assert.deepEqual(lines, []);
    journal.reported(report);
    assert.deepEqual(lines, [
      "105 -> 101: 302 -> 500 (always, internal callers; line idle; answered by 500)",
    ]);
  });

  it("says which kind the caller is where the rule is for all", () => {
    journal.decided({
      ...redirect,
      callerClass: "external",
      lineState: "busy",
      rule: { when: "busy", callers: "all" },
    });
    journal.reported({ ...report, outcome: { kind: "refused", at: "500", status: 486, cause: "callee" } });
    assert.deepEqual(lines, [
      "105 -> 101: 302 -> 500 (busy, all callers; external caller; line busy; refused by 500 with 486)",
    ]);
  });

  it("tells a line for each redirection of one call", () => {
    journal.decided({ ...redirect, target: "102" });
    journal.decided({ ...redirect, id: "2", line: "102" });
    journal.reported({
      ...report,
      path: [
        { by: "302", extension: "101", target: "102" },
        { by: "302", extension: "102", target: "500" },
      ],
    });
    assert.deepEqual(
      lines.map((line) => line.split(" (")[0]),
      ["105 -> 101: 302 -> 102", "105 -> 102: 302 -> 500"],
    );
  });

  it("tells apart two calls to one line by their targets", () => {
    journal.decided(redirect);
    journal.decided({ ...redirect, id: "2", caller: "+4989", callerClass: "external", target: "+4930" });
    journal.reported({ ...report, path: [{ by: "302", extension: "101", target: "+4930" }] });
    assert.ok(lines[0]?.startsWith("+4989 -> 101: 302 -> +4930 ("));
  });

  it("says that the PBX did not follow", () => {
    journal.decided(redirect);
    const outcome = { kind: "refused", at: "101", status: 480, cause: "redirectNotFollowed" } as const;
    journal.reported({ ...report, path: [], outcome });
    assert.deepEqual(lines, [
      "105 -> 101: 302 -> 500 (always, internal callers; line idle; the PBX does not follow a 302, 480)",
    ]);
  });

  it("tells at once what Divert keeps ringing, and nothing more when the caller gives up", () => {
    journal.decided({
      id: "1",
      line: "102",
      caller: "106",
      callerClass: "internal",
      lineState: "idle",
      action: "reject",
      status: 180,
    });
    journal.reported({ ...report, path: [], outcome: { kind: "cancelled", while: "102" } });
    assert.deepEqual(lines, [
      "106 -> 102: 180 (no rule fits; internal caller; line idle; rings until the caller gives up)",
    ]);
  });

  describe("of a call that rings the line's phones", () => {
    const ring: DecidedCall = {
      id: "1",
      line: "102",
      caller: "105",
      callerClass: "internal",
      lineState: "idle",
      action: "ring",
      status: 180,
    };

    it("tells it when it is answered there", () => {
      journal.decided(ring);
      assert.deepEqual(lines, []);
      journal.reported({ ...report, dialled: "102", path: [], outcome: { kind: "answered", by: "102" } });
      assert.deepEqual(lines, [
        "105 -> 102: rings phone (no rule fits; internal caller; line idle; answered by the phone of 102)",
      ]);
    });

    it("tells that the caller gave up", () => {
      journal.decided(ring);
      journal.reported({ ...report, path: [], outcome: { kind: "cancelled", while: "102" } });
      assert.ok(lines[0]?.endsWith("; the caller gave up at 102)"));
    });

    it("tells a forwarding alone where nobody answered", () => {
      const rule = { when: "noAnswer", callers: "all" };
      journal.decided(ring);
      journal.decided({ ...ring, action: "redirect", target: "106", rule, afterSeconds: 4, status: 302 });
      journal.reported({
        ...report,
        path: [{ by: "302", extension: "102", target: "106" }],
        outcome: { kind: "answered", by: "106" },
      });
      assert.deepEqual(lines, [
        "105 -> 102: 302 -> 106 (no answer after 4 s, all callers; internal caller; line idle; answered by 106)",
      ]);
    });

    it("tells a refusal alone where the user declined", () => {
      journal.decided(ring);
      journal.decided({ ...ring, action: "reject", status: 486 });
      const outcome = { kind: "refused", at: "102", status: 486, cause: "callee" } as const;
      journal.reported({ ...report, path: [], outcome });
      assert.deepEqual(lines, [
        "105 -> 102: 486 (no rule fits; internal caller; line idle; the caller is refused)",
      ]);
    });
  });

  it("says so where Divert calls the target itself", () => {
    journal.decided({ ...redirect, action: "relay" });
    assert.deepEqual(lines, [
      "105 -> 101: relayed -> 500 (always, internal callers; line idle; Divert calls the target itself)",
    ]);
  });

  it("tells what the PBX decided without asking", () => {
    const outcome = { kind: "refused", at: "101", status: 486, cause: "busyAtPbx" } as const;
    journal.reported({ ...report, path: [], outcome });
    assert.deepEqual(lines, [
      "105 -> 101: 486 (the PBX itself: the line is in a call and is offered no second one)",
    ]);
  });

  it("colours on request alone", () => {
    const line = { kind: "forwarded", head: "a -> b: 302 -> c", details: ["d"] } as const;
    assert.equal(formatJournalLine(line, false), "a -> b: 302 -> c (d)");
    assert.equal(formatJournalLine(line, true), "\u001b[32ma -> b: 302 -> c\u001b[0m \u001b[2m(d)\u001b[0m");
  });
});
