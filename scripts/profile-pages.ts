/**
 * Writes docs/how-to/pbx-profiles.md out of the profiles themselves: what is known of each kind of PBX, and how.
 * `node scripts/profile-pages.ts` brings it up to date, and a test fails when it is not.
 */
import { writeFileSync } from "node:fs";
import type { Profile } from "../src/pbx/profile.ts";
import { profiles } from "../src/pbx/profiles/index.ts";
import { type ToldKey, toldKeys } from "../src/pbx/told-keys.ts";

const [generic] = profiles;

export function renderProfilePage(): string {
  return (
    [
      "# Profiles",
      "What Divert goes by at each kind of PBX, written out of `src/pbx/profiles` by `node scripts/profile-pages.ts`. " +
        "Each value has its evidence: `tested` was shown by this project's interop tests, `documented` has a source that " +
        "says so, and `assumed` is the careful guess, the same as for any SIP PBX. What no source says stays assumed; " +
        "a trace of your own PBX goes into [a profile of your own](connect-a-pbx.md#a-profile-of-your-own). " +
        "`divert profile list` and `divert profile show ID` print the same, yours included.",
      renderTable(["profile", "for", "follows a 302", "how sure"], profiles.map(overviewOf)),
      "## What is assumed of any PBX",
      "These hold in every profile that says nothing else.",
      renderTable(
        ["key", "value"],
        toldKeys(genericProfile()).map(({ key, value }) => [`\`${key}\``, write(value)]),
      ),
      ...profiles.flatMap(renderProfile),
    ].join("\n\n") + "\n"
  );
}

function genericProfile(): Profile {
  if (generic === undefined) throw new Error("there is no profile at all");
  return generic;
}

function overviewOf({ id, name, followsRedirect, evidence }: Profile): string[] {
  return [`\`${id}\``, name, followsRedirect, evidence.followsRedirect?.level ?? ""];
}

function renderProfile(profile: Profile): string[] {
  const known = toldKeys(profile).filter(({ evidence }) => evidence !== "assumed");
  return [
    `## ${profile.name}`,
    `\`profile: ${profile.id}\`.` +
      (known.length === 0 ? " Nothing is known but what is assumed of any PBX." : ""),
    ...(known.length === 0 ? [] : [known.map(renderKey).join("\n")]),
    "To know:",
    profile.remarks.map((remark) => `- ${remark}`).join("\n"),
  ];
}

function renderKey({ key, value, evidence, source = "" }: ToldKey): string {
  return `- \`${key}\`: ${write(value)}, ${evidence}: ${evidence === "tested" ? `\`${source}\`` : source}.`;
}

/** As it would stand in a configuration file. */
function write(value: unknown): string {
  if (value === true) return "`yes`";
  if (value === false) return "`no`";
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(writeItem).join(", ");
  return value === "" ? "none" : `\`${String(value)}\``;
}

function writeItem(item: unknown): string {
  if (typeof item === "string") return `\`${item}\``;
  const pairs = Object.entries(item as Readonly<Record<string, string>>).map(
    ([key, text]) => `${key}: ${/^[\w-]+$/.test(text) ? text : JSON.stringify(text)}`,
  );
  return `\`{ ${pairs.join(", ")} }\``;
}

function renderTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = [headings, ...rows.map((row) => row.map((cell) => cell.replaceAll("|", "\\|")))];
  const widths = headings.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map(
    (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`,
  );
  lines.splice(1, 0, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`);
  return lines.join("\n");
}

if (import.meta.main) {
  writeFileSync(new URL("../docs/how-to/pbx-profiles.md", import.meta.url), renderProfilePage());
}
