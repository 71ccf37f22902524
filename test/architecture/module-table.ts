/** What a module may take from another: all that it exports, or its types alone. */
export type Permission = "values" | "types";

export interface Module {
  /** A folder of `src`, or a file without its `.ts`. */
  readonly name: string;
  readonly imports: ReadonlyMap<string, Permission>;
}

/**
 * Reads the table `| module | answers | may import |`. The last column holds `nothing`, `everything`,
 * `everything but a, b`, or modules by name, each with or without `(types)`. Throws on anything else.
 */
export function readModuleTable(markdown: string): ReadonlyMap<string, Module> {
  const lines = markdown.split("\n");
  const head = lines.findIndex((line) => /^\| *module *\| *answers *\| *may import *\|$/.test(line));
  if (head < 0) throw new Error("there is no table | module | answers | may import |");
  const rest = lines.slice(head + 2);
  const end = rest.findIndex((line) => !line.startsWith("|"));
  const rows = rest
    .slice(0, end < 0 ? undefined : end)
    .map((line) => line.split("|").map((cell) => cell.trim()));
  const names = rows.map(([, name = ""]) => name);
  return new Map(
    rows.map(([, name = "", , mayImport = ""]) => [
      name,
      { name, imports: readPermissions(name, mayImport, names) },
    ]),
  );
}

function readPermissions(module: string, text: string, names: readonly string[]): Map<string, Permission> {
  if (text === "nothing") return new Map();
  const everything = /^everything(?: but (.+))?$/.exec(text);
  if (everything) {
    const excepted = [module, ...readList(everything[1] ?? "")];
    return new Map(names.filter((name) => !excepted.includes(name)).map((name) => [name, "values"]));
  }
  return new Map(
    readList(text).map((item) => {
      const [, name = "", types] = /^([^ ]+)( \(types\))?$/.exec(item) ?? [];
      if (!names.includes(name))
        throw new Error(`the table's row "${module}" names "${item}", which has no row`);
      return [name, types === undefined ? "values" : "types"];
    }),
  );
}

function readList(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
