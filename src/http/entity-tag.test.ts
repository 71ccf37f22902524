import assert from "node:assert/strict";
import { test } from "node:test";
import { readIfMatch } from "./entity-tag.ts";

test("If-Match demands the current tag when its list names it, and else one that does not match", () => {
  assert.equal(readIfMatch(undefined, "a"), undefined);
  assert.equal(readIfMatch("*", "a"), "*");
  assert.equal(readIfMatch('"a"', "a"), "a");
  assert.equal(readIfMatch('"x", "a"', "a"), "a");
  assert.equal(readIfMatch('"x", "y"', "a"), "x");
  assert.equal(readIfMatch('"x"', undefined), "x");
});

test("a weak tag, or one without quotes, never matches", () => {
  for (const header of ['W/"a"', "a", "", '"a']) assert.notEqual(readIfMatch(header, "a"), "a", header);
});
