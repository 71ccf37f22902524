import { isToken } from "./characters.ts";
import { findHeaderRow } from "./header-registry.ts";
import { endOfFirstValue, splitList, trimWhitespace } from "./list.ts";
import { safeHeadText } from "./text.ts";

/**
 * The header fields of a message, in order, as raw values. A known name is kept in its long form whatever it was
 * written as; an unknown one as it came. Lookups take any spelling.
 *
 * No value can add a line: CR, LF and NUL handed in become a space (`safeHeadText`). A name that is no token is a bug
 * of the caller and throws; names that came by the network were checked by the parser.
 */
export class Headers {
  #names: string[] = [];
  #values: string[] = [];
  #revision = 0;

  constructor(fields: Iterable<readonly [name: string, value: string]> = []) {
    for (const [name, value] of fields) this.append(name, value);
  }

  /** Goes up with each change: what was read from the headers before holds only as long as it stands still. */
  get revision(): number {
    return this.#revision;
  }

  /** How many fields there are. */
  get size(): number {
    return this.#names.length;
  }

  /** The value of the first field of that name, unsplit. */
  get(name: string): string | undefined {
    const index = this.#find(name, 0);
    return index === -1 ? undefined : this.#values[index];
  }

  has(name: string): boolean {
    return this.#find(name, 0) !== -1;
  }

  /** The value of each field of that name, unsplit. */
  all(name: string): string[] {
    const found: string[] = [];
    for (let index = this.#find(name, 0); index !== -1; index = this.#find(name, index + 1)) {
      found.push(this.#values[index] ?? "");
    }
    return found;
  }

  /** The values of that name over all its fields; list headers are split at their commas, others stay whole. */
  values(name: string): string[] {
    const fields = this.all(name);
    return findHeaderRow(name)?.form === "list" ? fields.flatMap(splitList) : fields;
  }

  /** One field with that value, where the first of that name stood or at the end. */
  set(name: string, value: string): void {
    const first = this.#find(name, 0);
    if (first === -1) {
      this.append(name, value);
      return;
    }
    this.#values[first] = safeHeadText(value);
    this.#removeFrom(name, first + 1);
    this.#revision++;
  }

  append(name: string, value: string): void {
    this.#names.push(wireName(name));
    this.#values.push(safeHeadText(value));
    this.#revision++;
  }

  /** A new field before the first of that name, or before all others. */
  prepend(name: string, value: string): void {
    const index = Math.max(0, this.#find(name, 0));
    this.#names.splice(index, 0, wireName(name));
    this.#values.splice(index, 0, safeHeadText(value));
    this.#revision++;
  }

  remove(name: string): void {
    this.#removeFrom(name, 0);
    this.#revision++;
  }

  /** Puts `value` in the place of the topmost value of a list header; the others of its line stay. False: there is none. */
  replaceFirstValue(name: string, value: string): boolean {
    const index = this.#find(name, 0);
    const field = this.#values[index];
    if (field === undefined) return false;
    this.#values[index] = safeHeadText(value) + field.slice(endOfFirstValue(field));
    this.#revision++;
    return true;
  }

  /** Takes the topmost value of a list header away, and its line when nothing is left. The value, or undefined. */
  removeFirstValue(name: string): string | undefined {
    const index = this.#find(name, 0);
    const field = this.#values[index];
    if (field === undefined) return undefined;
    const end = endOfFirstValue(field);
    const rest = trimWhitespace(field.slice(end + 1));
    if (rest === "") this.#removeAt(index);
    else this.#values[index] = rest;
    this.#revision++;
    return trimWhitespace(field.slice(0, end));
  }

  /** Appends the fields of that name of another message as they are. */
  copy(name: string, from: Headers, which: "first" | "all"): void {
    for (let index = from.#find(name, 0); index !== -1; index = from.#find(name, index + 1)) {
      this.#names.push(from.#names[index] ?? "");
      this.#values.push(from.#values[index] ?? "");
      if (which === "first") break;
    }
    this.#revision++;
  }

  *entries(): IterableIterator<readonly [name: string, value: string]> {
    for (let index = 0; index < this.#names.length; index++) {
      yield [this.#names[index] ?? "", this.#values[index] ?? ""];
    }
  }

  clone(): Headers {
    return Headers.fromParsed(this.#names.slice(), this.#values.slice());
  }

  /** The fields as they go out, each line ended; Content-Length says `bodyLength` whatever was set. */
  toWire(bodyLength: number): string {
    const names = this.#names;
    const values = this.#values;
    let text = "";
    let hasLength = false;
    for (let index = 0; index < names.length; index++) {
      const name = names[index] ?? "";
      if (name === "Content-Length") {
        if (!hasLength) text += `Content-Length: ${bodyLength}\r\n`;
        hasLength = true;
      } else {
        text += name + ": " + (values[index] ?? "") + "\r\n";
      }
    }
    return hasLength ? text : text + `Content-Length: ${bodyLength}\r\n`;
  }

  /** Only for the parser, which vouches for names (in long form) and values (no line break) and lets go of both arrays. */
  static fromParsed(names: string[], values: string[]): Headers {
    const headers = new Headers();
    headers.#names = names;
    headers.#values = values;
    return headers;
  }

  /** The place of the next field of that name at or after `from`; -1 when there is none. */
  #find(name: string, from: number): number {
    const row = findHeaderRow(name);
    if (row !== undefined) return this.#names.indexOf(row.name, from);
    const wanted = name.toLowerCase();
    for (let index = from; index < this.#names.length; index++) {
      const candidate = this.#names[index] ?? "";
      if (candidate.length === wanted.length && candidate.toLowerCase() === wanted) return index;
    }
    return -1;
  }

  #removeFrom(name: string, from: number): void {
    for (let index = this.#find(name, from); index !== -1; index = this.#find(name, index))
      this.#removeAt(index);
  }

  #removeAt(index: number): void {
    this.#names.splice(index, 1);
    this.#values.splice(index, 1);
  }
}

function wireName(name: string): string {
  const row = findHeaderRow(name);
  if (row !== undefined) return row.name;
  if (!isToken(name)) throw new TypeError("a header name must be a token");
  return name;
}
