import assert from "node:assert/strict";
import { describe, test } from "node:test";

/** scripts/run-tests.js checks these before it starts the runner, and leaves the names of those that failed. */
const failedChecks = process.env["DIVERT_FAILED_CHECKS"]?.split(" ");

describe(
  "what was checked before the tests",
  { skip: failedChecks === undefined && "only `npm test` checks" },
  () => {
    for (const check of ["types", "lint", "format"]) {
      test(`${check}: no complaint, else it stands at the top of the output`, () => {
        assert.ok(!failedChecks?.includes(check));
      });
    }
  },
);
