import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { exampleSite } from "../../test/support/example-sites.ts";
import { classifyCaller, type CallerInput, type CallerReason, type Identity } from "./caller-identity.ts";
import { explainCaller } from "./explain-caller.ts";
import { compileSite } from "./number-plan.ts";

const plan = compileSite(exampleSite());

function from(user: string, host = "pbx.example"): Identity {
  return { header: "From", user, host, atPbx: host === "pbx.example" };
}

function asserted(user: string, host = "pbx.example"): Identity {
  return { ...from(user, host), header: "P-Asserted-Identity" };
}

function classify(identities: readonly Identity[], input: Partial<CallerInput> = {}) {
  const order = ["P-Asserted-Identity", "Remote-Party-ID", "From"] as const;
  return classifyCaller({ identities, order, fromOwnPbx: true, marks: {}, privacy: false, plan, ...input });
}

describe("internal or external", () => {
  const cases: [string, readonly Identity[], "internal" | "external", CallerReason["code"]][] = [
    ["a short number at the PBX", [from("102")], "internal", "extension"],
    ["the police's number, when it is an extension", [from("110")], "internal", "extension"],
    ["the main number with an extension", [from("+49815136856102")], "internal", "ownNumber"],
    ["the same, by whatever proxy", [from("0815136856102", "elsewhere.example")], "internal", "ownNumber"],
    ["the main number alone", [from("+49815136856")], "external", "mainNumber"],
    ["a number of the outside", [from("+4989123456")], "external", "outsideNumber"],
    ["a short number from elsewhere", [from("110", "elsewhere.example")], "external", "foreignHost"],
    ["a short tel URI in From", [{ ...from("102", ""), atPbx: false }], "external", "foreignHost"],
    [
      "a short tel URI that the PBX asserts",
      [{ ...asserted("102", ""), atPbx: false }],
      "internal",
      "extension",
    ],
    ["a short number that is no extension", [from("999")], "external", "unknownNumber"],
    ["a name", [from("alice")], "external", "name"],
    ["anonymous", [from("anonymous", "anonymous.invalid")], "external", "nobody"],
    ["nothing at all", [], "external", "nobody"],
    ["an empty user part", [from("")], "external", "nobody"],
    [
      "what the PBX asserts, whatever From says",
      [from("+4989123456"), asserted("102")],
      "internal",
      "extension",
    ],
    ["what the PBX asserts, From short", [from("102"), asserted("+4989123456")], "external", "outsideNumber"],
    ["From, when the assertion is unreadable", [asserted("anonymous"), from("102")], "internal", "extension"],
    ["the first of two assertions", [asserted("102"), asserted("+4989123456")], "internal", "extension"],
  ];
  for (const [story, identities, expected, because] of cases) {
    test(`${story}: ${expected}`, () => {
      const caller = classify(identities);
      assert.deepEqual([caller.class, caller.because.code], [expected, because]);
    });
  }

  test("from another peer than the line's own PBX an asserted identity is worth nothing", () => {
    const caller = classify([asserted("102"), from("+4989123456")], { fromOwnPbx: false });
    assert.deepEqual([caller.class, caller.identity], ["external", "+4989123456"]);
  });

  test("the profile's order rules", () => {
    assert.equal(
      classify([asserted("102"), from("+4989123456")], { order: ["From", "P-Asserted-Identity"] }).class,
      "external",
    );
  });

  test("a mark comes before all identities", () => {
    const marks = { origin: "external", by: "Alert-Info" } as const;
    assert.deepEqual(classify([asserted("102")], { marks }).because, {
      code: "mark",
      origin: "external",
      by: "Alert-Info",
    });
    assert.equal(classify([from("+4989123456")], { marks: { origin: "internal" } }).class, "internal");
  });

  test("a mark's prefix is no part of the number", () => {
    const caller = classify([from("**102")], {
      marks: { origin: "internal", by: "prefix **", prefix: "**" },
    });
    assert.deepEqual([caller.class, caller.identity], ["internal", "102"]);
  });

  test("a site that does not trust From takes a short one for external, an asserted one not", () => {
    const wary = compileSite(exampleSite({ trustFrom: false }));
    assert.equal(classify([from("102")], { plan: wary }).because.code, "fromNotTrusted");
    assert.equal(classify([asserted("102")], { plan: wary }).class, "internal");
    assert.equal(classify([from("102")], { plan: wary, marks: { origin: "internal" } }).class, "internal");
  });

  test("a rule of the site says so", () => {
    const ruled = compileSite(
      exampleSite({ rules: [{ match: "^alice$", replace: "102", callers: "internal" }] }),
    );
    assert.deepEqual(classify([from("alice")], { plan: ruled }).because.code, "rule");
  });
});

describe("who it is", () => {
  test("is compared by the canonical number, however it is written", () => {
    for (const written of ["102", "+49815136856102", "0815136856102"])
      assert.equal(classify([from(written)]).identity, "102");
    for (const written of ["+4989123456", "089123456"])
      assert.equal(classify([from(written)]).identity, "+4989123456");
  });

  test("a short number or name of elsewhere is not ours", () => {
    assert.equal(classify([from("102", "elsewhere.example")]).identity, "102@elsewhere.example");
    assert.equal(classify([from("alice", "elsewhere.example")]).identity, "alice@elsewhere.example");
  });

  test("Privacy: id classifies by the number, and neither shows it nor puts it into words", () => {
    const caller = classify([from("anonymous", "anonymous.invalid"), asserted("102")], { privacy: true });
    assert.deepEqual([caller.class, caller.identity, caller.shown], ["internal", "102", undefined]);
    const own = classify([from("x"), asserted("+49815136856102")], { privacy: true });
    for (const hidden of [caller, own]) assert.doesNotMatch(explainCaller(hidden), /\d/);
  });

  test("an anonymous From is enough to withhold the number", () => {
    assert.equal(
      classify([from("anonymous", "anonymous.invalid"), asserted("+4989123456")]).shown,
      undefined,
    );
    assert.equal(classify([from("102")]).shown, "102");
  });
});

test("any input gives an answer, and the reason is a sentence", () => {
  const identity = fc.record({
    header: fc.constantFrom("P-Asserted-Identity" as const, "Remote-Party-ID" as const, "From" as const),
    user: fc.oneof(fc.string(), fc.constantFrom("102", "+4989123456", "112", "*97")),
    host: fc.constantFrom("", "pbx.example", "elsewhere.example"),
    atPbx: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(identity, { maxLength: 4 }),
      fc.boolean(),
      fc.boolean(),
      (identities, fromOwnPbx, privacy) => {
        const caller = classify(identities, { fromOwnPbx, privacy });
        assert.match(explainCaller(caller), /^The caller [^]*\.$/);
        if (privacy) assert.equal(caller.shown, undefined);
      },
    ),
    { numRuns: 1000 },
  );
});
