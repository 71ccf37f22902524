import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Fact, Finding } from "../pbx/finding.ts";
import { findingIds } from "../pbx/finding.ts";
import { describeFinding } from "./wording.ts";

const seen: readonly Fact[] = [
  { code: "registered", line: "101", forSeconds: 60, askedSeconds: 300 },
  { code: "registered", line: "102", forSeconds: 300, askedSeconds: 300 },
  { code: "notRegistered", line: "103" },
  { code: "optionsAnswered", status: 200, allow: "INVITE" },
  { code: "rangFor", seconds: 30, isOver: true },
  { code: "callerHeard", statuses: [180, 486] },
  { code: "callerHeard", statuses: [] },
  { code: "readAs", caller: "external", identity: "" },
  { code: "notTried", because: "noThirdLine" },
];

describe("a finding in words", () => {
  it("tells what was seen, in its order", () => {
    const { seen: words } = describeFinding({ id: "registration", verdict: "yes", seen, at: 0 });
    assert.deepEqual(words, [
      "Line 101 is registered for 60 seconds; 300 were asked for.",
      "Line 102 is registered for 300 seconds.",
      "Line 103 is not registered.",
      "It answered 200, and allows INVITE.",
      "The PBX took the call back after 30 seconds.",
      "The caller heard 180, 486.",
      "The caller heard nothing.",
      "It was read as external, nobody known.",
      "It was not tried: it takes a third line.",
    ]);
  });

  it("asks a question in whole, and advises where something is to be done", () => {
    const described = (id: Finding["id"], verdict: Finding["verdict"]) =>
      describeFinding({ id, verdict, seen: [], at: 0 });
    for (const id of findingIds) assert.match(described(id, "yes").question, /^[A-Z].*\?$/);
    assert.equal(described("redirect", "yes").advice, undefined);
    assert.match(described("redirect", "no").advice ?? "", /relays/);
  });
});
