import assert from "node:assert/strict";
import { test } from "node:test";
import { readMarks } from "./marks.ts";
import type { Mark } from "./profile.ts";

const marks: readonly Mark[] = [
  { says: "group", header: "Alert-Info", contains: "alert-group" },
  { says: "internal", header: "Alert-Info", contains: "Bellcore-dr1" },
  { says: "external", header: "Alert-Info", contains: "Bellcore-dr" },
  { says: "internal", prefix: "**" },
];

function read(alertInfo: string | undefined, user: string) {
  return readMarks(marks, (name) => (name === "Alert-Info" ? alertInfo : undefined), user);
}

test("the first mark that matches says internal or external", () => {
  assert.deepEqual(read("<http://x>;info=bellcore-dr1", "102"), {
    group: false,
    origin: "internal",
    by: "Alert-Info",
  });
  assert.deepEqual(read("<http://x>;info=Bellcore-dr2", "102"), {
    group: false,
    origin: "external",
    by: "Alert-Info",
  });
});

test("a group's mark says nothing of the caller's side", () => {
  assert.deepEqual(read("alert-group", "102"), { group: true });
  assert.deepEqual(read("alert-group Bellcore-dr2", "102"), {
    group: true,
    origin: "external",
    by: "Alert-Info",
  });
});

test("a prefix is told, so that it can be taken off the number", () => {
  assert.deepEqual(read(undefined, "**610"), {
    group: false,
    origin: "internal",
    by: "prefix **",
    prefix: "**",
  });
});

test("without a match, and without marks, nothing is said", () => {
  assert.deepEqual(read(undefined, "102"), { group: false });
  assert.deepEqual(
    readMarks([], () => "anything", "**610"),
    { group: false },
  );
});
