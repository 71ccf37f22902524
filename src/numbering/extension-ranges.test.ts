import assert from "node:assert/strict";
import { test } from "node:test";
import { exampleSite } from "../../test/support/example-sites.ts";
import { compileExtensions, extensionFault } from "./extension-ranges.ts";
import { siteFaults } from "./site-faults.ts";

test("a range holds the numbers between its bounds, of their length", () => {
  const extensions = compileExtensions(["100-399", "500", "0010 - 0020"]);
  for (const inside of ["100", "250", "399", "500", "0010", "0020"])
    assert.ok(extensions.has(inside), inside);
  for (const outside of ["99", "400", "0100", "1000", "501", "10", "0021", "", "1e2", " 100", "１００"]) {
    assert.ok(!extensions.has(outside), outside);
  }
  assert.equal(extensions.longest, 4);
});

test("faults are told, and what has one holds nothing", () => {
  assert.match(extensionFault("99-100")?.message ?? "", /differ in length/);
  assert.match(extensionFault("399-100")?.message ?? "", /begins after its end/);
  assert.match(extensionFault("1 00")?.message ?? "", /neither an extension nor a range/);
  assert.match(extensionFault(`${"1".repeat(16)}-${"2".repeat(16)}`)?.message ?? "", /more than 15/);
  assert.equal(extensionFault("300-100")?.mend, "Write 100-300.");
  assert.equal(extensionFault("alice"), undefined);
  assert.ok(!compileExtensions(["399-100"]).has("200"));
});

test("a site's faults are told all at once, each with its place", () => {
  assert.deepEqual(siteFaults(exampleSite()), []);
  const faults = siteFaults(
    exampleSite({
      countryCode: "+49",
      areaCode: "8151 ",
      extensions: ["100", "9-10"],
      rules: [
        { match: "(", replace: "" },
        { match: "^1", replace: "$9" },
      ],
    }),
  );
  assert.deepEqual(
    faults.map(({ path }) => path),
    ["countryCode", "areaCode", "extensions[1]", "rules[0]", "rules[1]"],
  );
});
