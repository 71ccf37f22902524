import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { compileSite, type NumberPlan } from "./number-plan.ts";
import { exampleSite } from "../../test/support/example-sites.ts";

type Row = readonly [
  written: string,
  kind: ReturnType<NumberPlan["canonical"]>["kind"],
  key: string,
  remark?: string,
];

function table(name: string, plan: NumberPlan, rows: readonly Row[]): void {
  describe(name, () => {
    for (const [written, kind, key, remark] of rows) {
      test(`${JSON.stringify(written)} is ${kind} ${key}${remark === undefined ? "" : ` (${remark})`}`, () => {
        const number = plan.canonical(written);
        assert.deepEqual([number.kind, number.key], [kind, key]);
      });
    }
  });
}

table("Starnberg, +49 8151 36856, extensions 100-399 and 500, outside line 0", compileSite(exampleSite()), [
  ["101", "extension", "101"],
  ["399", "extension", "399"],
  ["500", "extension", "500"],
  ["110", "extension", "110", "in the range, so no emergency number here"],
  ["400", "digits", "400", "as short as an extension, so no local number"],
  ["0101", "digits", "0101", "a range holds numbers of its bounds' length"],
  ["1010", "number", "+4981511010", "longer than an extension: a local number"],
  ["112", "extension", "112"],
  ["+49815136856101", "extension", "101"],
  ["0049815136856101", "extension", "101"],
  ["49815136856101", "extension", "101", "carriers leave the + out"],
  ["0815136856101", "extension", "101"],
  ["815136856101", "extension", "101"],
  ["36856101", "extension", "101"],
  ["00815136856101", "extension", "101", "with the outside line before it"],
  ["+49 8151 36856-101", "extension", "101"],
  ["+49 (0)8151 36856-101", "extension", "101"],
  ["(08151) 36856 101", "extension", "101"],
  ["08151/36856-101", "extension", "101"],
  ["+49815136856", "mainNumber", "+49815136856"],
  ["0815136856", "mainNumber", "+49815136856"],
  ["36856", "mainNumber", "+49815136856"],
  ["+4981513685699", "number", "+4981513685699", "no extension of ours"],
  ["+498151368561010", "number", "+498151368561010", "too long for an extension"],
  ["+4989123456", "number", "+4989123456"],
  ["+49891234", "number", "+49891234"],
  ["089123456", "number", "+4989123456"],
  ["004989123456", "number", "+4989123456"],
  ["4989123456", "number", "+4989123456"],
  ["0089123456", "number", "+4989123456", "outside line, then national"],
  ["000498912345678", "number", "+498912345678", "outside line, then international"],
  ["01711234567", "number", "+491711234567"],
  ["+491711234567", "number", "+491711234567"],
  ["491711234567", "number", "+491711234567"],
  ["1711234567", "number", "+491711234567", "the national prefix was left out"],
  ["123456", "number", "+498151123456", "a local number"],
  ["+493012340110", "number", "+493012340110"],
  ["+431234567", "number", "+431234567"],
  ["00431234567", "number", "+431234567"],
  ["436641234567", "number", "+436641234567"],
  ["+41443211000", "number", "+41443211000"],
  ["+12125550100", "number", "+12125550100"],
  ["+15551234567", "number", "+15551234567", "assigned to nobody, and yet it calls"],
  ["+490891234567", "number", "+49891234567", "a stray zero"],
  ["+390612345678", "number", "+390612345678", "Italy keeps its zero"],
  ["115", "extension", "115"],
  ["116117", "short", "116117"],
  [
    "01640",
    "number",
    "+4981511640",
    "outside line, then a local number: the service 0164 0 has no full number",
  ],
  ["11833", "short", "11833"],
  ["**610", "code", "**610"],
  ["*21*102#", "code", "*21*102#"],
  ["alice", "name", "alice"],
  ["anna.berg", "name", "anna.berg"],
  ["Zoë", "name", "Zoë"],
  ["anonymous", "unreadable", ""],
  ["Anonymous", "unreadable", ""],
  ["unknown", "unreadable", ""],
  ["Restricted", "unreadable", ""],
  ["", "unreadable", ""],
  ["+", "name", "+"],
  ["+49", "unreadable", ""],
  ["0", "digits", "0"],
  ["00", "digits", "00"],
  ["a b", "unreadable", ""],
  ["1\r\n2", "unreadable", ""],
  ["9".repeat(65), "unreadable", ""],
  ["9".repeat(40), "digits", "9".repeat(40)],
]);

table("The same without extensions 110 to 119", compileSite(exampleSite({ extensions: ["200-399"] })), [
  ["110", "emergency", "110"],
  ["112", "emergency", "112"],
  ["0112", "emergency", "112", "with an outside line"],
  ["115", "short", "115"],
]);

const vienna = exampleSite({ countryCode: "43", areaCode: "1", mainNumber: "5120", extensions: ["10-99"] });
table("Vienna, +43 1 5120, two digits", compileSite(vienna), [
  ["+431512042", "extension", "42"],
  ["01512042", "extension", "42"],
  ["512042", "extension", "42"],
  ["+4315120", "mainNumber", "+4315120"],
  ["06641234567", "number", "+436641234567"],
  ["133", "emergency", "133"],
]);

const zurich = exampleSite({
  countryCode: "41",
  areaCode: "44",
  mainNumber: "3211",
  extensions: ["000-999"],
});
table("Zürich, +41 44 3211, extensions with leading zeros", compileSite(zurich), [
  ["+41443211042", "extension", "042"],
  ["0443211042", "extension", "042"],
  ["042", "extension", "042"],
  ["117", "extension", "117", "all three digits are extensions here"],
  ["0791234567", "number", "+41791234567"],
]);

const london = exampleSite({
  countryCode: "44",
  areaCode: "20",
  mainNumber: "79460",
  extensions: ["100-399"],
  outsideLine: "9",
});
table("London, +44 20 7946 0, outside line 9", compileSite(london), [
  ["+442079460123", "extension", "123"],
  ["02079460123", "extension", "123"],
  ["902079460123", "extension", "123"],
  ["+442071838750", "number", "+442071838750"],
  ["9999", "emergency", "999", "outside line, then the emergency number"],
  ["999", "emergency", "999"],
]);

const newYork = exampleSite({
  countryCode: "1",
  areaCode: "212",
  mainNumber: "555",
  extensions: ["0100-0199"],
  outsideLine: "9",
});
table("New York, +1 212 555, extensions are the last four digits", compileSite(newYork), [
  ["0100", "extension", "0100"],
  ["+12125550142", "extension", "0142"],
  ["12125550142", "extension", "0142"],
  ["2125550142", "extension", "0142"],
  ["5550142", "extension", "0142"],
  ["6465550142", "number", "+16465550142"],
  ["914155550142", "number", "+14155550142"],
  ["01144207183875", "number", "+44207183875"],
  ["911", "emergency", "911"],
  ["9911", "emergency", "911"],
]);

test("a site without a main number has extensions and the rest of the world", () => {
  const plan = compileSite(exampleSite({ mainNumber: "", areaCode: "" }));
  assert.equal(plan.canonical("101").kind, "extension");
  assert.deepEqual(plan.canonical("+4989123456"), { kind: "number", key: "+4989123456" });
});

test("names may be extensions", () => {
  const plan = compileSite(exampleSite({ extensions: ["alice", "100-199"] }));
  assert.deepEqual(plan.canonical("alice"), { kind: "extension", key: "alice", bare: true });
});

test("rules rewrite what callers come with; the first that matches wins", () => {
  const plan = compileSite(
    exampleSite({
      rules: [
        { match: "^7([0-9]{3})$", replace: "$1", callers: "internal" },
        { match: "^7", replace: "+49" },
        { match: "(unclosed", replace: "" },
      ],
    }),
  );
  const ruled = plan.canonicalCaller("7101");
  assert.deepEqual([ruled.number.key, ruled.rule?.callers], ["101", "internal"]);
  assert.equal(plan.canonicalCaller("789123456").number.key, "+4989123456");
  assert.equal(plan.canonicalCaller("102").rule, undefined);
  assert.equal(plan.canonical("7101").kind, "number", "targets are not rewritten");
});

test("any text has a canonical form, the same each time, and full numbers stay what they are", () => {
  const plan = compileSite(exampleSite());
  const digits = fc.string({ unit: fc.constantFrom(...Array.from("0123456789+*# -")), maxLength: 20 });
  fc.assert(
    fc.property(fc.oneof(fc.string(), digits, fc.string({ unit: "binary", maxLength: 80 })), (text) => {
      const number = plan.canonical(text);
      assert.equal(plan.canonical(text), number);
      assert.equal(number.key === "", number.kind === "unreadable");
      if (number.kind === "number" || number.kind === "mainNumber") {
        assert.match(number.key, /^\+[1-9]\d{6,14}$/);
        assert.equal(plan.canonical(number.key).key, number.key);
      }
    }),
    { numRuns: 2000 },
  );
});
