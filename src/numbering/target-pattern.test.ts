import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isTargetPattern, matchesSome } from "./target-pattern.ts";

describe("a pattern of targets", () => {
  for (const [pattern, target, fits] of [
    ["+4989*", "+4989123456", true],
    ["+4989*", "+498", false],
    ["+49*", "+43123456", false],
    ["10?", "102", true],
    ["10?", "10", false],
    ["10?", "1022", false],
    ["*", "anything", true],
    ["sip:*@partner.example", "sip:bob@partner.example", true],
    ["+49*99", "+4912399", true],
    ["+49*99", "+491239", false],
  ] as const) {
    it(`${pattern} ${fits ? "fits" : "does not fit"} ${target}`, () => {
      assert.equal(matchesSome([pattern], target), fits);
    });
  }

  it("fits what it was made of, and goes by the same law as a regular expression", () => {
    const characters = fc.constantFrom("1", "2", "+", "*", "?");
    fc.assert(
      fc.property(
        fc.string({ unit: characters, maxLength: 8 }),
        fc.string({ unit: fc.constantFrom("1", "2", "+"), maxLength: 8 }),
        (pattern, text) => {
          const source = pattern.replaceAll("+", "\\+").replaceAll("*", ".*").replaceAll("?", ".");
          assert.equal(matchesSome([pattern], text), new RegExp(`^${source}$`).test(text));
        },
      ),
    );
  });

  it("holds nothing but what stands in a target", () => {
    for (const text of ["", "+49 89", "<sip:1>", "1;2", "1".repeat(65)])
      assert.equal(isTargetPattern(text), false);
    assert.ok(isTargetPattern("+4989*"));
  });
});
