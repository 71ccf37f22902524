import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { findCycle } from "./architecture/find-cycle.ts";
import { readModuleTable, type Module } from "./architecture/module-table.ts";
import { readSourceFiles, type SourceFile } from "./architecture/source-files.ts";

const table = readModuleTable(readFileSync("ARCHITECTURE.md", "utf8"));
const files = readSourceFiles("src");
const sources = files.filter(({ path }) => !path.endsWith(".test.ts"));
const byPath = new Map(files.map((file) => [file.path, file]));

/** A row of a file itself comes before the row of its folder, a nearer folder before a farther. */
function moduleOf(path: string): Module | undefined {
  const name = path.replace(/\.ts$/, "");
  const folders = name.split("/").map((_, depth, parts) => parts.slice(0, parts.length - depth).join("/"));
  return folders.map((folder) => table.get(folder)).find((module) => module !== undefined);
}

/** `sip/user-agent`: a file with a row of its own in a folder that has none is the way in for all who are outside. */
function doorOf(path: string): string | undefined {
  const folder = path.split("/")[0] ?? "";
  if (table.has(folder)) return undefined;
  return [...table.keys()]
    .map((name) => `${name}.ts`)
    .find((door) => door.startsWith(`${folder}/`) && byPath.has(door));
}

function complaints(complain: (file: SourceFile) => Iterable<string>): string[] {
  return sources.flatMap((file) => [...complain(file)].map((text) => `src/${file.path}: ${text}`));
}

describe("the module table of ARCHITECTURE.md", () => {
  test("names every folder of src, and nothing that is not there", () => {
    assert.deepEqual(
      complaints(({ path }) => (moduleOf(path) === undefined ? ["its folder is not in the table"] : [])),
      [],
    );
    const used = new Set(sources.map(({ path }) => moduleOf(path)?.name));
    assert.deepEqual(
      [...table.keys()].filter((name) => !used.has(name)),
      [],
    );
  });

  test("allows no cycle", () => {
    assert.deepEqual(
      findCycle([...table.keys()], (name) => table.get(name)?.imports.keys() ?? []),
      undefined,
    );
  });
});

describe("the imports of src", () => {
  test("are allowed by the table", () => {
    const refused = complaints(function* ({ path, imports }) {
      const from = moduleOf(path);
      for (const { to, isTypeOnly } of imports) {
        const target = to === undefined ? undefined : moduleOf(to);
        if (!from || !target || target === from) continue;
        const permission = from.imports.get(target.name);
        if (permission === undefined) yield `${from.name} may not import ${target.name} (${to ?? ""})`;
        else if (permission === "types" && !isTypeOnly)
          yield `${from.name} may import but types of ${target.name} (${to ?? ""})`;
      }
    });
    assert.deepEqual(refused, []);
  });

  test("come to a folder behind a door through the door", () => {
    const refused = complaints(function* ({ path, imports }) {
      for (const { to } of imports) {
        const door = to === undefined ? undefined : doorOf(to);
        const isOutside = door !== undefined && path.split("/")[0] !== door.split("/")[0];
        if (isOutside && to !== door) yield `imports ${to ?? ""} past ${door}`;
      }
    });
    assert.deepEqual(refused, []);
  });

  test("name files of src that are there, and no tests", () => {
    const refused = complaints(function* ({ imports }) {
      for (const { specifier, to } of imports) {
        if (to !== undefined && (!byPath.has(to) || to.endsWith(".test.ts"))) yield `imports ${specifier}`;
      }
    });
    assert.deepEqual(refused, []);
  });

  test("make no cycle of values between files", () => {
    const valueImports = (path: string) =>
      (byPath.get(path)?.imports ?? []).flatMap(({ to, isTypeOnly }) =>
        to === undefined || isTypeOnly ? [] : [to],
      );
    assert.equal(
      findCycle(
        sources.map(({ path }) => path),
        valueImports,
      ),
      undefined,
    );
  });

  test("of packages are dependencies of the product; SIP imports those of WebSocket's frames alone", () => {
    const { dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as { dependencies: object };
    const refused = complaints(function* ({ path, imports }) {
      for (const { specifier, to } of imports) {
        if (to !== undefined || specifier.startsWith("node:")) continue;
        const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
        const isFraming = name === "ws" && path.startsWith("sip/transport/websocket-");
        if (path.startsWith("sip/") && !isFraming) yield `SIP is our own, yet it imports ${name}`;
        if (!Object.hasOwn(dependencies, name)) yield `${name} is no dependency`;
      }
    });
    assert.deepEqual(refused, []);
  });
});

describe("what is given in", () => {
  const pure = ["sip/message", "sip/transaction", "sip/dialog", "forwarding", "numbering"];
  const impureBuiltins = /^node:(child_process|dgram|dns|fs|http2?|https|os|perf_hooks|timers|tls)(\/|$)/;
  const impureNames =
    /\b(setTimeout|setInterval|setImmediate|Date\.now|new Date\(\)|performance\.now|process\.(hrtime|env|nextTick)|Math\.random|random(Bytes|UUID|Int|FillSync)|system(Clock|Random)|create(Socket|Server|Connection))\b/;

  test("is all that the pure modules know of sockets, time and chance", () => {
    const refused = complaints(function* ({ path, imports, code }) {
      if (!pure.includes(moduleOf(path)?.name ?? "")) return;
      for (const { specifier } of imports) if (impureBuiltins.test(specifier)) yield `imports ${specifier}`;
      const name = impureNames.exec(code)?.[0];
      if (name !== undefined) yield `uses ${name}`;
    });
    assert.deepEqual(refused, []);
  });
});

describe("the names of src", () => {
  test("are no drawers, and in kebab-case", () => {
    const drawer = /(^|[/-])(utils?|commons?|managers?|helpers?|misc|shared)(?=[/.-])|(^|\/)types\./;
    const refused = complaints(function* ({ path }) {
      if (drawer.test(path)) yield "is named like a drawer: what is inside?";
      if (!/^[a-z0-9/-]+\.ts$/.test(path)) yield "is not in kebab-case";
    });
    assert.deepEqual(refused, []);
  });
});

describe("the packages", () => {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
    packages: Record<string, { hasInstallScript?: boolean }>;
  };
  const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Record<string, Record<string, string>>;

  test("have no install script", () => {
    const withScript = Object.entries(lock.packages).filter(([, { hasInstallScript }]) => hasInstallScript);
    assert.deepEqual(withScript, []);
  });

  test("each have their reason in docs/dependencies.md", () => {
    const reasons = readFileSync("docs/dependencies.md", "utf8");
    const wanted = ["dependencies", "optionalDependencies", "devDependencies"].flatMap((kind) =>
      Object.keys(manifest[kind] ?? {}),
    );
    assert.deepEqual(
      wanted.filter((name) => !reasons.includes(`\`${name}\``)),
      [],
    );
  });
});
