import assert from "node:assert/strict";
import { test } from "node:test";
import { readGroupCall } from "./group-call.ts";
import { warningsFor } from "./warnings.ts";

test("a busy rule at a PBX without second call is warned of", () => {
  assert.match(warningsFor({ when: "busy" }, { secondCall: "no" })[0] ?? "", /never sees the call/);
  assert.deepEqual(warningsFor({ when: "busy" }, { secondCall: "unknown" }), []);
  assert.deepEqual(warningsFor({ when: "always" }, { secondCall: "no" }), []);
});

test("a noAnswer rule has to be three seconds below the PBX's ring limit", () => {
  const at = (seconds: number) =>
    warningsFor({ when: "noAnswer", seconds }, { secondCall: "yes", ringLimit: 30 }).length;
  assert.deepEqual([at(27), at(28)], [0, 1]);
  assert.equal(
    warningsFor({ when: "noAnswer" }, { secondCall: "yes", ringLimit: 22 }).length,
    1,
    "20 seconds unless set",
  );
});

test("a group call is known by mark, by history, by To", () => {
  const groupNumbers = new Set(["700"]);
  const signs = { marked: false, divertedBy: [], to: "101", groupNumbers };
  assert.equal(readGroupCall(signs), undefined);
  assert.deepEqual(readGroupCall({ ...signs, marked: true }), { by: "mark" });
  assert.deepEqual(readGroupCall({ ...signs, divertedBy: ["102", "700"] }), { by: "history", number: "700" });
  assert.deepEqual(readGroupCall({ ...signs, to: "700" }), { by: "to", number: "700" });
});
