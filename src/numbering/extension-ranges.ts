/**
 * A site's extensions. A range holds numbers of its bounds' length: `100-399` is of three digits, so `0100` is not in it.
 */
export interface ExtensionRanges {
  has(text: string): boolean;
  /** Digits of the longest extension; 0 without any. */
  readonly longest: number;
}

interface Range {
  readonly length: number;
  readonly from: number;
  readonly to: number;
}

/** Numbers beyond are no extensions (E.164 has 15 digits), and would not fit into a number exactly. */
const longestRange = 15;
const rangeForm = /^(\d+)\s*-\s*(\d+)$/;
const digitsForm = /^\d+$/;
/** Names as extensions: some PBXs have users called `alice`. */
const singleForm = /^[A-Za-z0-9._*#-]{1,32}$/;

/** A range as written, or what is wrong with it. */
function parseRange(text: string): Range | string | undefined {
  const match = rangeForm.exec(text);
  const [, from, to] = match ?? [];
  if (from === undefined || to === undefined) return undefined;
  if (from.length !== to.length)
    return `The bounds of ${text} differ in length; a range holds numbers of one length.`;
  if (from.length > longestRange) return `${text} has more than ${longestRange} digits.`;
  if (Number(from) > Number(to)) return `${text} begins after its end.`;
  return { length: from.length, from: Number(from), to: Number(to) };
}

/** What is wrong with one entry of a site's `extensions`; undefined when it is all right. */
export function extensionFault(text: string): string | undefined {
  const range = parseRange(text.trim());
  if (typeof range === "string") return range;
  if (range !== undefined || singleForm.test(text.trim())) return undefined;
  return `“${text}” is neither an extension nor a range like 100-399.`;
}

/** Entries with a fault hold nothing. */
export function compileExtensions(entries: readonly string[]): ExtensionRanges {
  const singles = new Set<string>();
  const ranges: Range[] = [];
  for (const entry of entries.map((text) => text.trim())) {
    const range = parseRange(entry);
    if (range === undefined) singles.add(entry);
    else if (typeof range !== "string") ranges.push(range);
  }
  return {
    longest: Math.max(0, ...ranges.map(({ length }) => length), ...[...singles].map(({ length }) => length)),
    has: (text) => singles.has(text) || isInOne(ranges, text),
  };
}

function isInOne(ranges: readonly Range[], text: string): boolean {
  if (!digitsForm.test(text)) return false;
  const number = Number(text);
  return ranges.some(({ length, from, to }) => text.length === length && number >= from && number <= to);
}
