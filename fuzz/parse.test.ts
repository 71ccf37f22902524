import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fuzzParser } from "./parse.ts";

describe("the parser under mutation", () => {
  it("never throws and keeps its promises for ten thousand mutants of the torture messages", () => {
    const report = fuzzParser({ seed: 20_261_122, iterations: 10_000, seconds: 60 });
    assert.equal(report.finding, undefined);
    assert.ok(report.parsed > report.iterations / 20, "mutants must be near enough to messages");
  });
});
