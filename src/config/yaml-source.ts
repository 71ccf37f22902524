import {
  type Document,
  isCollection,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from "yaml";
import type { Fault } from "../base/refusal.ts";
import { fail, type Result, succeed } from "../base/result.ts";

/** A path within the file: keys and places in lists. */
export type Path = readonly (string | number)[];

/** YAML text, read, with every place in it. */
export class YamlSource {
  readonly #file: string;
  readonly #document: Document;
  readonly #lines = new LineCounter();
  readonly #environment: Readonly<Record<string, string | undefined>>;
  /** The content as plain values, every scalar a text; undefined for an empty file. */
  readonly value: unknown;
  /** What is no YAML, and environment variables that are not there. */
  readonly faults: readonly Fault[];

  constructor(text: string, file: string, environment: Readonly<Record<string, string | undefined>>) {
    this.#file = file;
    this.#environment = environment;
    // The failsafe schema leaves every scalar as it was written: what it means is the configuration's to say.
    this.#document = parseDocument(text, {
      schema: "failsafe",
      lineCounter: this.#lines,
      prettyErrors: false,
    });
    const malformed = [...this.#document.errors, ...this.#document.warnings].map(
      ({ message, code, pos: [offset] }): Fault => ({
        path: "",
        place: this.#placeAt(offset),
        message: `This is no YAML as it should be: ${message}.`,
        mend:
          code === "DUPLICATE_KEY"
            ? "Keep one of the two."
            : "Look at indentation, quotes and brackets before it.",
      }),
    );
    this.faults = malformed.length > 0 ? malformed : this.#prepare();
    const value = malformed.length > 0 ? succeed(undefined) : toValue(this.#document);
    if (value.ok) this.value = value.value;
    else this.faults = [{ path: "", place: this.#placeAt(0), message: value.failure, mend: "Write it out." }];
  }

  /** `file:line:column` of what stands at the path, or of the nearest thing around it that is there. */
  placeOf(path: Path): string {
    for (let length = path.length; length > 0; length--) {
      const node = this.#document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return this.#placeAt(node.range[0]);
    }
    return this.#placeAt(this.#document.contents?.range?.[0] ?? 0);
  }

  /** `file:line:column` of the key itself. */
  placeOfKey(path: Path): string {
    const map = path.length === 1 ? this.#document.contents : this.#document.getIn(path.slice(0, -1), true);
    const pair = isMap(map)
      ? map.items.find(({ key }) => isScalar(key) && key.value === path.at(-1))
      : undefined;
    return isNode(pair?.key) && pair.key.range ? this.#placeAt(pair.key.range[0]) : this.placeOf(path);
  }

  /** Whether anything is written there. */
  has(path: Path): boolean {
    return this.#document.hasIn(path);
  }

  /** Puts environment variables in, and takes keys without a value out: `phone:` with nothing says nothing. */
  #prepare(): Fault[] {
    const faults: Fault[] = [];
    visit(this.#document, {
      Pair: (_, pair) => (isScalar(pair.value) && isEmpty(pair.value) ? visit.REMOVE : undefined),
      Scalar: (key, node) => {
        if (key === "key" || typeof node.value !== "string" || !node.value.includes("${env:")) return;
        node.value = node.value.replace(environmentForm, (written, name: string) => {
          const value = this.#environment[name];
          if (value === undefined) faults.push(this.#missingVariable(name, node));
          return value ?? written;
        });
      },
    });
    return faults;
  }

  #missingVariable(name: string, node: Node): Fault {
    return {
      path: `\${env:${name}}`,
      place: this.#placeAt(node.range?.[0] ?? 0),
      message: `The environment variable ${name} is not set.`,
      mend: `Set ${name} for the program that reads this file.`,
    };
  }

  #placeAt(offset: number): string {
    const { line, col } = this.#lines.linePos(offset);
    return `${this.#file}:${line}:${col}`;
  }
}

/** Fails for a file that unfolds to far more than it is: aliases of aliases of aliases. */
function toValue(document: Document): Result<unknown, string> {
  try {
    return succeed(
      document.contents === null ? undefined : (document.toJS({ maxAliasCount: 1000 }) as unknown),
    );
  } catch (failure) {
    return fail(`The file refers to itself too often: ${failure instanceof Error ? failure.message : ""}.`);
  }
}

const environmentForm = /\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Written as nothing, `~` or `null`, without quotes. */
function isEmpty(node: Node): boolean {
  if (isCollection(node) || !isScalar(node)) return false;
  return node.type === "PLAIN" && (node.value === "" || node.value === "~" || node.value === "null");
}

/** Names of the environment variables that the text refers to, so that a program can send them along. */
export function environmentNames(text: string): string[] {
  return [...new Set([...text.matchAll(environmentForm)].map(([, name]) => name ?? ""))];
}

/** `lines[3].phone.username` as keys and places. */
export function parsePath(path: string): Path {
  return [...path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, key]) =>
    index === undefined ? (key ?? "") : Number(index),
  );
}

export function formatPath(path: Path): string {
  return path
    .map((step, index) => (typeof step === "number" ? `[${step}]` : (index > 0 ? "." : "") + step))
    .join("");
}
