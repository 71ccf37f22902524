import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nearest } from "./nearest.ts";

describe("what was probably meant", () => {
  const keys = ["username", "authUsername", "password", "phone", "callers"];

  for (const [written, meant] of [
    ["usrname", "username"],
    ["USERNAME", "username"],
    ["pasword", "password"],
    ["phnoe", "phone"],
    ["callerss", "callers"],
    ["extension", undefined],
    ["id", undefined],
    ["", undefined],
  ] as const) {
    it(`is ${meant ?? "nothing"} for “${written}”`, () => {
      assert.equal(nearest(written, keys), meant);
    });
  }
});
