/**
 * Writes docs/how-to/configuration-reference.md out of the very schema that checks configuration files: keys, what they
 * may be, what holds when they are left out. `node scripts/config-reference.ts` brings it up to date, and a test fails
 * when it is not, or when a key has no words in configuration-words.ts.
 */
import { writeFileSync } from "node:fs";
import { z } from "zod";
import { id } from "../src/config/scalars.ts";
import { sections } from "../src/config/schema.ts";
import { keyWords, sectionWords } from "./configuration-words.ts";

type Schema = z.core.$ZodType;

interface Row {
  readonly path: string;
  readonly value: string;
  readonly otherwise: string;
}

/** The whole page. Throws when words are missing or left over. */
export function renderConfigReference(): string {
  const rows = Object.entries(sections).map(([name, schema]) => [name, keysOf(name, schema)] as const);
  const paths = rows.flatMap(([, keys]) => keys.map(({ path }) => path));
  requireSame("a key without words", paths, Object.keys(keyWords));
  requireSame("words without a key", Object.keys(keyWords), paths);
  const parts = [
    "# Configuration reference",
    "Written out of the schema by `node scripts/config-reference.ts`. A file is YAML with these sections, each a list, " +
      "each optional; [Configure](configure.md) says how to go about it. Every value may be written with or without " +
      "quotes, `true` and `false` stand for `yes` and `no`, and `${env:NAME}` within a value is replaced by that variable " +
      "of whoever applies the file. A key that does not exist is refused. " +
      `An id is ${refusalOf(id, " ").replace(/\. _.* -/, "`$&`")}.`,
    ...rows.flatMap(([name, keys]) => [
      `## ${name}`,
      sectionWords[name] ?? "",
      ...(name === "pbxs" || name === "profiles" ? [absentKeys[name]] : []),
      renderTable(keys, name),
    ]),
  ];
  return parts.join("\n\n") + "\n";
}

const absentKeys = {
  profiles:
    "From `followsRedirect` on these are the profile's values: when absent, as the profile that it is based on has them.",
  pbxs: "From `identityHeaders` on these are keys of the profile: when absent, as the profile has it.",
} as const;

/** Rows of an object's keys, those of objects within it after each. */
function keysOf(prefix: string, schema: Schema): Row[] {
  return objectsIn(schema).flatMap(({ shape }, index, all) => {
    const seen = new Set(all.slice(0, index).flatMap((earlier) => Object.keys(earlier.shape)));
    return Object.entries<Schema>(shape)
      .filter(([key]) => !seen.has(key))
      .flatMap(([key, inner]) => {
        const path = `${prefix}.${key}`;
        const isInAll = all.every((other) => key in other.shape);
        const row = { path, value: formOf(inner), otherwise: isInAll ? otherwiseOf(inner) : "" };
        const bare = unwrap(inner);
        const nested = bare instanceof z.ZodArray ? keysOf(`${path}[]`, bare.element) : keysOf(path, bare);
        return [row, ...nested];
      });
  });
}

/** The object that a schema stands for, or those of which it may be one. */
function objectsIn(schema: Schema): z.ZodObject[] {
  const bare = unwrap(schema);
  if (bare instanceof z.ZodObject) return [bare];
  return bare instanceof z.ZodUnion ? bare.options.flatMap((option) => objectsIn(option)) : [];
}

/** What it may be, in the words in which the schema refuses what is not. */
function formOf(schema: Schema): string {
  const bare = unwrap(schema);
  if (bare instanceof z.ZodArray) {
    return objectsIn(bare.element).length > 0
      ? "list of keys and values"
      : `list, each ${formOf(bare.element)}`;
  }
  if (objectsIn(bare).length > 0) return "keys and values";
  if (bare === id) return "an id";
  const refused = [{}, " "].map((wrong) => refusalOf(bare, wrong)).find((told) => told !== "a text");
  return refused ?? "a text";
}

function refusalOf(schema: Schema, wrong: unknown): string {
  const told = z.safeParse(schema, wrong).error?.issues.at(-1)?.message ?? "";
  if (told.startsWith("must be ")) return told.slice("must be ".length);
  return told.startsWith("must ") ? `a text; ${told}` : "a text";
}

function otherwiseOf(schema: Schema): string {
  if (schema instanceof z.ZodDefault) return writeValue(schema.def.defaultValue);
  return schema instanceof z.ZodExactOptional ? "" : "needed";
}

function writeValue(value: unknown): string {
  if (typeof value === "boolean") return value ? "`yes`" : "`no`";
  if (Array.isArray(value) && value.length === 0) return "none";
  if (typeof value === "string" || typeof value === "number") return value === "" ? "empty" : `\`${value}\``;
  return "as below";
}

function unwrap(schema: Schema): Schema {
  let inner = schema;
  for (;;) {
    // What is read from a file is what stands before a transformation.
    if (inner instanceof z.ZodPipe && objectsIn(inner.in).length > 0) inner = inner.in;
    else if (inner instanceof z.ZodDefault || inner instanceof z.ZodExactOptional) inner = inner.unwrap();
    else return inner;
  }
}

function requireSame(what: string, paths: readonly string[], known: readonly string[]): void {
  const missing = paths.filter((path) => !known.includes(path));
  if (missing.length > 0) throw new Error(`configuration-words.ts: ${what}: ${missing.join(", ")}`);
}

function renderTable(rows: readonly Row[], section: string): string {
  const cells = rows.map(({ path, value, otherwise }) => [
    `\`${path.slice(section.length + 1)}\``,
    value.replaceAll("|", "\\|"),
    otherwise,
    keyWords[path] ?? "",
  ]);
  const table = [["key", "value", "when absent", "meaning"], ...cells];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map(
    (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`,
  );
  lines.splice(1, 0, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`);
  return lines.join("\n");
}

if (import.meta.main) {
  const file = new URL("../docs/how-to/configuration-reference.md", import.meta.url);
  writeFileSync(file, renderConfigReference());
}
