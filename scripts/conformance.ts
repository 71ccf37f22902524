/**
 * Lists which section of which RFC is cited in which source file, and which tests look at it: `node scripts/conformance.ts`
 * brings the table in docs/sip/conformance.md up to date. A test fails when it is not.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const page = join(root, "docs/sip/conformance.md");
const begin = "<!-- begin: written by scripts/conformance.ts -->";
const end = "<!-- end: written by scripts/conformance.ts -->";

/** Where SIP is spoken and tested; HTTP's RFCs are another matter. */
const folders = [
  ...["base", "calls", "forwarding", "lines", "numbering", "pbx", "practice", "sip"].map(
    (name) => `src/${name}`,
  ),
  ...["flows", "interop", "support", "vectors"].map((name) => `test/${name}`),
];

const titles: Readonly<Record<string, string>> = {
  "2069": "Digest access authentication, the first form",
  "2543": "SIP, the first form",
  "2617": "Digest access authentication, the second form",
  "2782": "SRV records",
  "3261": "SIP",
  "3262": "Reliable provisional responses (PRACK)",
  "3263": "Locating SIP servers",
  "3264": "Offers and answers",
  "3311": "UPDATE",
  "3323": "Privacy",
  "3325": "Asserted identity",
  "3326": "Reason",
  "3327": "Path",
  "3403": "NAPTR records",
  "3420": "Message fragments (sipfrag)",
  "3515": "REFER",
  "3581": "rport",
  "3608": "Service-Route",
  "3725": "Third-party call control",
  "3891": "Replaces",
  "3892": "Referred-By",
  "3960": "Early media",
  "3966": "tel: URIs",
  "3986": "URIs",
  "4244": "History-Info, the first form",
  "4291": "IPv6 addresses",
  "4320": "Non-INVITE transactions",
  "4458": "Cause of a diversion in a URI",
  "4475": "Torture messages",
  "4488": "REFER without subscription",
  "5118": "Torture messages for IPv6",
  "5359": "Service examples",
  "5589": "Call transfer",
  "5626": "Client-initiated connections (outbound)",
  "5806": "Diversion",
  "5922": "SIP domains in certificates",
  "5923": "Connection reuse",
  "5954": "IPv6 in SIP's grammar",
  "6026": "INVITE transactions, mended",
  "6066": "TLS extensions (SNI)",
  "6228": "199 Early Dialog Terminated",
  "6455": "The WebSocket protocol",
  "6665": "Events",
  "7044": "History-Info",
  "7090": "Callback of emergency services",
  "7118": "WebSocket",
  "7544": "Diversion and History-Info",
  "7616": "Digest access authentication",
  "8760": "Digest algorithms for SIP",
  "8767": "Serving stale DNS answers",
  "8996": "TLS 1.0 and 1.1 are no more",
};

/** Where a section is cited, and by what it is tested. Paths from the project's root. */
interface Row {
  readonly sources: Set<string>;
  readonly tests: Set<string>;
}

type Section = string;
type Rfc = string;

/** `RFC 3261 §8.3, §21.3.3; RFC 5359 §2.7` is three citations; a section belongs to the RFC named last on its line. */
export function citationsIn(text: string): [rfc: Rfc, section: Section][] {
  return text.split("\n").flatMap((line) => {
    const found: [Rfc, Section][] = [];
    let rfc: Rfc | undefined;
    const mark = /RFC (\d{4})(?! §)|RFC (\d{4}) (?=§)|§(\d+(?:\.\d+)*)/g;
    for (const [, whole, opened, section] of line.matchAll(mark)) {
      if (whole !== undefined) found.push([whole, ""]);
      rfc = whole ?? opened ?? rfc;
      if (section !== undefined && rfc !== undefined) found.push([rfc, section]);
    }
    return found;
  });
}

/** The table and the list of what no test looks at. */
export function renderConformance(): string {
  const files = folders.flatMap((folder) => filesIn(join(root, folder)));
  const texts = new Map(files.map((file) => [relative(root, file), readFileSync(file, "utf8")]));
  const rows = collect(texts);
  const nearness = nearnessOf(texts);
  const parts = [...rows]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([rfc, sections]) => renderRfc(rfc, sections, nearness));
  return parts.join("\n\n");
}

/** The page with its table as it should be; what was written by hand stays. */
export function renderPage(written: string): string {
  const [before = "", rest = ""] = written.split(begin);
  const after = rest.split(end)[1] ?? "\n";
  return [
    `${before}${begin}`,
    "<!-- prettier-ignore-start -->",
    renderConformance(),
    "<!-- prettier-ignore-end -->",
    `${end}${after}`,
  ].join("\n\n");
}

function collect(texts: ReadonlyMap<string, string>): Map<Rfc, Map<Section, Row>> {
  const rows = new Map<Rfc, Map<Section, Row>>();
  for (const isTest of [false, true]) {
    for (const [file, text] of texts) {
      if (isTestFile(file) !== isTest) continue;
      for (const [rfc, section] of citationsIn(text)) {
        const sections = rows.get(rfc) ?? new Map<Section, Row>();
        const row = sections.get(section) ?? { sources: new Set<string>(), tests: new Set<string>() };
        (isTest ? row.tests : row.sources).add(file);
        rows.set(rfc, sections.set(section, row));
      }
    }
  }
  return rows;
}

/** How near a test comes to a source file: it imports it, or one of the same folder runs it by way of others. */
type Nearness = "file" | "through others";

function nearnessOf(texts: ReadonlyMap<string, string>): Map<string, Nearness> {
  const nearness = new Map<string, Nearness>();
  const imports = new Map([...texts].map(([file, text]) => [file, importsOf(file, text)]));
  for (const test of texts.keys()) {
    if (!test.endsWith(".test.ts")) continue;
    for (const source of reach(test, imports)) {
      if (imports.get(test)?.includes(source) === true) nearness.set(source, "file");
      else if (dirname(source) === dirname(test) && !nearness.has(source))
        nearness.set(source, "through others");
    }
  }
  return nearness;
}

/** What a file imports to run; types alone run nothing. */
function importsOf(file: string, text: string): string[] {
  return [...text.matchAll(/^(?:import (?!type)|\} from )[^;]*?"(\.[^"]+)";$/gm)].map(([, target = ""]) =>
    relative(root, resolve(root, dirname(file), target)),
  );
}

function reach(from: string, imports: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set<string>([from]);
  for (const file of reached) for (const next of imports.get(file) ?? []) reached.add(next);
  return reached;
}

function renderRfc(
  rfc: Rfc,
  sections: ReadonlyMap<Section, Row>,
  nearness: ReadonlyMap<string, Nearness>,
): string {
  const lines = [...sections]
    .sort(([one], [other]) => compareSections(one, other))
    .map(([section, { sources, tests }]) => {
      const near = new Set([...sources].map((source) => nearness.get(source)));
      const unnamed = near.has("file") ? "file" : near.has("through others") ? "through others" : "**none**";
      const tested = tests.size > 0 ? list(tests) : unnamed;
      return `| ${section === "" ? "as a whole" : `§${section}`} | ${list(sources)} | ${tested} |`;
    });
  const title = titles[rfc];
  const heading = `### RFC ${rfc}${title === undefined ? "" : `: ${title}`}`;
  return [heading, ["| section | cited in | tests |", "| --- | --- | --- |", ...lines].join("\n")].join(
    "\n\n",
  );
}

function list(files: ReadonlySet<string>): string {
  if (files.size === 0) return "no source, tests alone";
  return [...files].sort().map(shortName).join(", ");
}

/** Folders of the core are told by their last name: `sip/transaction/matching.ts` is found as `transaction/matching.ts`. */
function shortName(file: string): string {
  return `\`${file.replace(/^src\//, "").replace(/^sip\/(?=.*\/)/, "")}\``;
}

function compareSections(one: Section, other: Section): number {
  const [a, b] = [one, other].map((section) => section.split(".").map(Number));
  for (let level = 0; ; level++) {
    const [left, right] = [a?.[level], b?.[level]];
    if (left === undefined || right === undefined)
      return (left === undefined ? 0 : 1) - (right === undefined ? 0 : 1);
    if (left !== right) return left - right;
  }
}

function isTestFile(file: string): boolean {
  return file.startsWith("test/") || file.endsWith(".test.ts");
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .map((name) => join(folder, name));
}

if (import.meta.main) writeFileSync(page, renderPage(readFileSync(page, "utf8")));
