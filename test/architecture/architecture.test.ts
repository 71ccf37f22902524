import assert from "node:assert/strict";
import { test } from "node:test";
import { findCycle } from "./find-cycle.ts";
import { readModuleTable } from "./module-table.ts";
import { readSourceFile } from "./source-files.ts";

const rows = (...lines: string[]) =>
  ["| module | answers | may import |", "| --- | --- | --- |", ...lines, "", "after"].join("\n");

test("a row's permissions are read: names, types alone, nothing, everything, everything but", () => {
  const table = readModuleTable(
    rows(
      "| a | x | nothing |",
      "| b/c | x | a, d (types) |",
      "| d | x | everything but b/c |",
      "| e | x | everything |",
    ),
  );
  assert.deepEqual([...(table.get("a")?.imports ?? [])], []);
  assert.deepEqual(
    [...(table.get("b/c")?.imports ?? [])],
    [
      ["a", "values"],
      ["d", "types"],
    ],
  );
  assert.deepEqual([...(table.get("d")?.imports.keys() ?? [])], ["a", "e"]);
  assert.deepEqual([...(table.get("e")?.imports.keys() ?? [])], ["a", "b/c", "d"]);
});

test("a row that names what has no row is an error, and so is no table", () => {
  assert.throws(() => readModuleTable(rows("| a | x | b |")), /"b", which has no row/);
  assert.throws(() => readModuleTable("# nothing"), /no table/);
});

test("imports are found in whatever form, and told apart by whether they stay at run time", () => {
  const { imports } = readSourceFile(
    "sip/message/parse.ts",
    `import { a } from "./a.ts";
     import type { B } from "../transport/b.ts";
     import { type C } from "./c.ts";
     import "node:net";
     export { d } from "./d.ts";
     export type { E } from "./e.ts";
     export * from "zod";
     const f = await import("../../f.ts");
     let g: import("./g.ts").G;
     const text = 'import "./not.ts"';`,
  );
  assert.deepEqual(
    imports.map(({ specifier, to, isTypeOnly }) => [to ?? specifier, isTypeOnly]),
    [
      ["sip/message/a.ts", false],
      ["sip/transport/b.ts", true],
      ["sip/message/c.ts", false],
      ["node:net", false],
      ["sip/message/d.ts", false],
      ["sip/message/e.ts", true],
      ["zod", false],
      ["f.ts", false],
      ["sip/message/g.ts", true],
    ],
  );
});

test("code is what is left without comments and strings", () => {
  const { code } = readSourceFile("a.ts", 'x("Date.now"); // Math.random\n/* setTimeout\n */ y();');
  assert.equal(code.replace(/\s+/g, " "), "x( ); y();");
});

test("a cycle is found and told", () => {
  const graph: Record<string, string[]> = { a: ["b"], b: ["c", "d"], c: [], d: ["b"] };
  assert.deepEqual(
    findCycle(["a"], (node) => graph[node] ?? []),
    ["b", "d", "b"],
  );
  assert.equal(
    findCycle(["c"], (node) => graph[node] ?? []),
    undefined,
  );
});
