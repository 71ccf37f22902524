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
/** All numbers of that length with that beginning: `7???`. */
const lengthForm = /^(\d*)(\?+)$/;
const digitsForm = /^\d+$/;
/** Names as extensions: some PBXs have users called `alice`. */
const singleForm = /^[A-Za-z0-9._*#-]{1,32}$/;

export interface ExtensionFault {
  readonly message: string;
  readonly mend: string;
}

/** A range as written, or what is wrong with it; undefined: no range at all. */
function parseRange(written: string): Range | ExtensionFault | undefined {
  const [, beginning, rest] = lengthForm.exec(written) ?? [];
  const text =
    beginning === undefined || rest === undefined
      ? written
      : `${beginning}${"0".repeat(rest.length)}-${beginning}${"9".repeat(rest.length)}`;
  const match = rangeForm.exec(text);
  const [, from, to] = match ?? [];
  if (from === undefined || to === undefined) return undefined;
  if (from.length !== to.length) {
    const message = `The bounds of ${text} differ in length; a range holds numbers of one length.`;
    return { message, mend: "Write a range for each length." };
  }
  if (from.length > longestRange) {
    return { message: `${text} has more than ${longestRange} digits.`, mend: "Write shorter numbers." };
  }
  if (Number(from) > Number(to)) {
    return { message: `${text} begins after its end.`, mend: `Write ${to}-${from}.` };
  }
  return { length: from.length, from: Number(from), to: Number(to) };
}

/** What is wrong with one entry of a site's `extensions`; undefined when it is all right. */
export function extensionFault(text: string): ExtensionFault | undefined {
  const range = parseRange(text.trim());
  if (range !== undefined) return "message" in range ? range : undefined;
  if (singleForm.test(text.trim())) return undefined;
  return {
    message: `“${text}” is neither an extension nor a range.`,
    mend: "Write an extension such as 500, a range such as 100-399, or a length such as 7??.",
  };
}

/** Entries with a fault hold nothing. */
export function compileExtensions(entries: readonly string[]): ExtensionRanges {
  const singles = new Set<string>();
  const ranges: Range[] = [];
  for (const entry of entries.map((text) => text.trim())) {
    const range = parseRange(entry);
    if (range === undefined) singles.add(entry);
    else if (!("message" in range)) ranges.push(range);
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
