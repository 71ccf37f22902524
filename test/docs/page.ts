/** The project's pages of Markdown, as far as their examples, links and names of files go. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";

export const root = resolve(import.meta.dirname, "../..");

/** A block between ``` lines. */
export interface Fence {
  /** First word behind the ```: `yaml`, `sh`, `http`, `text`, ... */
  readonly language: string;
  /** What follows it. */
  readonly remark: string;
  readonly text: string;
  /** Line of the page where the text begins. */
  readonly line: number;
  /** Nothing but empty lines stands between it and the fence before. */
  readonly followsFence: boolean;
}

export interface Page {
  /** Relative to the project. */
  readonly path: string;
  readonly fences: readonly Fence[];
  /** Where inline links lead to, outside of fences. */
  readonly links: readonly string[];
  /** What stands in backquotes, outside of fences. */
  readonly codes: readonly string[];
  /** Headings as links name them. */
  readonly anchors: readonly string[];
}

/** All pages that are written for people. */
export function readPages(): Page[] {
  const atRoot = readdirSync(root).filter((name) => name.endsWith(".md"));
  const below = ["docs", "bench"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md"))
      .map((name) => join(folder, name)),
  );
  return [...atRoot, ...below].sort().map((path) => readPage(path, readFileSync(join(root, path), "utf8")));
}

export function readPage(path: string, markdown: string): Page {
  const fences: Fence[] = [];
  const prose: string[] = [];
  let open: { opening: string; line: number; lines: string[]; followsFence: boolean } | undefined;
  let isAfterFence = false;
  for (const [index, line] of markdown.split("\n").entries()) {
    if (line.startsWith("```")) {
      if (open === undefined) {
        open = { opening: line.slice(3), line: index + 2, lines: [], followsFence: isAfterFence };
        continue;
      }
      const [language = "", ...remark] = open.opening.trim().split(" ");
      const text = open.lines.map((each) => `${each}\n`).join("");
      fences.push({
        language,
        remark: remark.join(" "),
        text,
        line: open.line,
        followsFence: open.followsFence,
      });
      open = undefined;
      isAfterFence = true;
    } else if (open === undefined) {
      prose.push(line);
      if (line.trim() !== "") isAfterFence = false;
    } else {
      open.lines.push(line);
    }
  }
  if (open !== undefined) throw new Error(`${path}:${open.line - 1}: this fence is not closed`);
  const text = prose.join("\n");
  const withoutCode = text.replaceAll(/`[^`]*`/g, "");
  return {
    path: path.split(sep).join("/"),
    fences,
    links: [...withoutCode.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? ""),
    codes: [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? ""),
    anchors: prose.filter((line) => /^#+ /.test(line)).map(anchorOf),
  };
}

/** As GitHub and others make it: lower case, punctuation dropped, spaces to hyphens. */
function anchorOf(heading: string): string {
  return heading
    .replace(/^#+ /, "")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

/** Files of the project, relative to it, with `/`. */
export function readFileNames(): ReadonlySet<string> {
  const folders = [".ci", "bench", "bin", "docs", "fuzz", "scripts", "src", "test"];
  const below = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/")),
  );
  const atRoot = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isFile());
  return new Set([...atRoot.map(({ name }) => name), ...below]);
}
