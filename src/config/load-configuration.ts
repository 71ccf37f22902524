import type { z } from "zod";
import type { Fault } from "../base/refusal.ts";
import { fail, type Result, succeed } from "../base/result.ts";
import { checkConfiguration } from "../directory/check-configuration.ts";
import type { ConfigurationDraft, Drafted, Faulty } from "../directory/configuration-draft.ts";
import { nothingExists } from "../directory/future-installation.ts";
import type { Configuration } from "../directory/installation.ts";
import { didYouMean } from "../directory/nearest.ts";
import { keysAt, sections } from "./schema.ts";
import { formatPath, parsePath, type Path, YamlSource } from "./yaml-source.ts";

export interface LoadOptions {
  /** Name that places are told with. */
  readonly file: string;
  /** For `${env:NAME}`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * Finds what is wrong beyond the form, knowing what exists already: `directory.check`. Absent: nothing exists, the
   * file is all there is.
   */
  readonly check?: (draft: ConfigurationDraft) => readonly Fault[];
}

type Section = keyof typeof sections;
const sectionNames = Object.keys(sections) as readonly Section[];

/**
 * Reads a configuration file. Fails with every fault at once, each with its place in the file, in the file's order:
 * faults of form, variables that are not set, duplicates, references to what is not there, targets.
 */
export function loadConfiguration(
  text: string,
  options: LoadOptions,
): Result<Configuration, readonly Fault[]> {
  const source = new YamlSource(text, options.file, options.environment);
  const faults = [...source.faults];
  // What is no YAML has no form to check.
  if (faults.some(({ path }) => path === "")) return fail(faults);

  const reader = new SectionReader(source);
  const draft = reader.read();
  faults.push(...reader.faults);
  const check =
    options.check ??
    ((whole: ConfigurationDraft) => checkConfiguration(whole, nothingExists, { prune: true }));
  for (const fault of check(draft)) {
    faults.push({ ...fault, place: source.placeOf(parsePath(fault.path)) });
  }
  if (faults.length > 0) return fail(inOrderOfPlace(faults));
  return succeed(draft as Configuration);
}

class SectionReader {
  readonly faults: Fault[] = [];
  readonly #source: YamlSource;

  constructor(source: YamlSource) {
    this.#source = source;
  }

  read(): ConfigurationDraft {
    const whole = this.#source.value ?? {};
    const written = isRecord(whole) ? whole : {};
    if (!isRecord(whole)) this.#tell([], "A configuration is a list of sections such as `lines:`.");
    for (const key of Object.keys(written)) {
      if (!sectionNames.includes(key as Section)) this.#tellUnknown([], key, sectionNames);
    }
    return {
      sites: this.#readSection("sites", sections.sites, written["sites"]),
      profiles: this.#readSection("profiles", sections.profiles, written["profiles"]),
      pbxs: this.#readSection("pbxs", sections.pbxs, written["pbxs"]),
      groups: this.#readSection("groups", sections.groups, written["groups"]),
      lines: this.#readSection("lines", sections.lines, written["lines"]),
      users: this.#readSection("users", sections.users, written["users"]),
      tokens: this.#readSection("tokens", sections.tokens, written["tokens"]),
      forwardings: this.#readSection("forwardings", sections.forwardings, written["forwardings"]),
    };
  }

  #readSection<Item>(name: Section, schema: z.ZodType<Item>, items: unknown): Drafted<Item>[] {
    if (items === undefined) return [];
    if (!Array.isArray(items)) {
      this.#tell([name], `“${name}” must be a list.`, "Begin each item with `- `.");
      return [];
    }
    return items.map((item: unknown, index) => {
      const parsed = schema.safeParse(item);
      if (parsed.success) return parsed.data;
      const { issues } = parsed.error;
      for (const issue of issues) this.#tellIssue(name, index, issue);
      const salvaged = schema.safeParse(salvage(item, issues, standIns[name]));
      return salvaged.success ? salvaged.data : describeFaulty(item);
    });
  }

  #tellIssue(section: Section, index: number, issue: z.core.$ZodIssue): void {
    const within = issue.path.map((step) => (typeof step === "symbol" ? String(step) : step));
    const path = [section, index, ...within];
    const key = within.findLast((step) => typeof step === "string");
    if (issue.code === "unrecognized_keys") {
      for (const unknown of issue.keys) this.#tellUnknown(path, unknown, keysAt(section, within));
    } else if (key === undefined) {
      const told = issue.code === "custom" ? issue.message : "must have keys and values";
      this.#tell(path, `This item ${told}.`);
    } else if (!this.#source.has(path)) {
      this.#tell(path, `“${key}” is missing.`, `Add \`${key}:\` here; it ${requirement(issue)}.`);
    } else {
      this.#tell(path, `“${key}” ${requirement(issue)}.`);
    }
  }

  #tellUnknown(around: Path, key: string, known: readonly string[]): void {
    const path = [...around, key];
    this.faults.push({
      path: formatPath(path),
      place: this.#source.placeOfKey(path),
      message: `There is no key “${key}” here.`,
      mend: didYouMean(key, known, `Known here: ${known.join(", ")}.`),
    });
  }

  #tell(path: Path, message: string, mend?: string): void {
    const place = this.#source.placeOf(path);
    this.faults.push({ path: formatPath(path), place, message, ...(mend !== undefined && { mend }) });
  }
}

/** Our schema says what a value must be; zod's own words are for programmers. */
function requirement(issue: z.core.$ZodIssue): string {
  return issue.message.startsWith("must ") ? issue.message : "must be of another form";
}

/** In the place of what is missing or cannot be read, where nothing else is judged by it. */
const standIns: Readonly<Partial<Record<Section, Readonly<Record<string, string>>>>> = {
  lines: { username: "?", password: "?" },
};

/** The item without what was told to be at fault, so that the rest of it is checked as well. */
function salvage(
  item: unknown,
  issues: readonly z.core.$ZodIssue[],
  substitutes: Readonly<Record<string, string>> = {},
): unknown {
  if (!isRecord(item)) return item;
  const atFault = new Set(
    issues.flatMap((issue) =>
      issue.path.length === 0 && issue.code === "unrecognized_keys" ? issue.keys : issue.path.slice(0, 1),
    ),
  );
  const sound = Object.entries(item).filter(([key]) => !atFault.has(key));
  return { ...substitutes, ...Object.fromEntries(sound) };
}

/** What others are checked against, and what it refers to. */
function describeFaulty(item: unknown): Faulty {
  if (!isRecord(item)) return { faulty: true };
  const textOf = (key: string) => (typeof item[key] === "string" ? item[key] : undefined);
  const id = textOf("id") ?? textOf("name");
  const refersTo: { -readonly [Key in keyof NonNullable<Faulty["refersTo"]>]: string } = {};
  for (const key of ["basedOn", "profile", "site", "pbx", "group", "line"] as const) {
    const name = textOf(key);
    if (name !== undefined) refersTo[key] = name;
  }
  return { faulty: true, ...(id !== undefined && { id }), refersTo };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function inOrderOfPlace(faults: readonly Fault[]): Fault[] {
  const numbers = ({ place = "" }: Fault) => {
    const [line = 0, column = 0] = place.split(":").slice(-2).map(Number);
    return { line, column };
  };
  return faults.toSorted((one, other) => {
    const [first, second] = [numbers(one), numbers(other)];
    return first.line - second.line || first.column - second.column;
  });
}
