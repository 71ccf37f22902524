import assert from "node:assert/strict";
import { readFileSync, mkdirSync } from "node:fs";
import { test } from "node:test";
import { fileFault } from "./file-fault.ts";

function faultOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return fileFault(error);
  }
  return "none";
}

test("what the system says of a file is told in words", () => {
  assert.equal(
    faultOf(() => readFileSync("/nonexistent/file")),
    "there is no such file or folder",
  );
  assert.equal(
    faultOf(() => readFileSync(import.meta.dirname)),
    "it is a folder",
  );
  assert.equal(
    faultOf(() => mkdirSync(`${import.meta.filename}/folder`, { recursive: true })),
    "a part of its path is no folder",
  );
});

test("what is not known keeps its own words", () => {
  assert.equal(fileFault(new Error("odd")), "odd");
  assert.equal(fileFault("odd"), "odd");
});
