/**
 * A site's numbering at work: whatever way a PBX writes a number, it is brought to one canonical form.
 */
import { unreadable, type CanonicalNumber } from "./canonical-number.ts";
import { compileExtensions, type ExtensionRanges } from "./extension-ranges.ts";
import { CompiledNumberRules, type RuledNumber } from "./number-rules.ts";
import {
  findAssigned,
  findCountry,
  findPossible,
  isEmergency,
  isShortNumber,
  type Country,
} from "./phone-library.ts";
import { RecentMap } from "./recent-map.ts";
import type { Site } from "./site.ts";

/** Numbers remembered per site: an office talks with a few thousand, and one that is forgotten is read again. */
const rememberedNumbers = 10_000;
/** Longer texts are no numbers and no names, and are not remembered. */
const longestText = 64;

/** What PBXs put in a user part for a caller who withholds the number. */
const withheld = new Set([
  "anonymous",
  "unknown",
  "unavailable",
  "restricted",
  "private",
  "withheld",
  "asterisk",
]);

/** A number, possibly written for people: RFC 3966 §3 has these visual separators, and people type spaces and slashes. */
const numberForm = /^\+?\(?[0-9*#][0-9*# ()./-]*$/;
const separators = /[ ()./-]/g;
/** The trunk prefix that business cards put in brackets: +49 (0)8151 … */
const bracketedPrefix = /^(\+\d{1,3}) ?\(0\)/;
const nameForm = /^[^\s\p{Cc}]+$/u;
/** Digits with a country code, but without `+`, have at least this many: fewer may be a local number. */
const shortestBareOwnCountry = 10;
const shortestBareAbroad = 11;
const longestLocalNumber = 8;

export class NumberPlan {
  readonly site: Site;
  readonly country: Country | undefined;
  readonly extensions: ExtensionRanges;
  readonly nationalPrefix: string;
  readonly internationalPrefix: string;
  /** Country code, area code, main number: what a full number of the site begins with. */
  readonly #ownNumber: string;
  /** All ways to write what stands before an extension. */
  readonly #ownPrefixes: readonly string[];
  readonly #rules: CompiledNumberRules;
  /** Of sites that are internal here, in their order. */
  readonly #others: readonly NumberPlan[];
  readonly #numbers = new RecentMap<CanonicalNumber>(rememberedNumbers);
  readonly #callers = new RecentMap<RuledNumber>(rememberedNumbers);

  constructor(site: Site, others: readonly NumberPlan[] = []) {
    this.site = site;
    this.#others = others;
    this.country = findCountry(site.countryCode);
    this.extensions = compileExtensions(site.extensions);
    this.nationalPrefix = site.nationalPrefix ?? this.country?.nationalPrefix ?? "";
    this.internationalPrefix = site.internationalPrefix ?? this.country?.internationalPrefix ?? "00";
    this.#ownNumber = `${site.countryCode}${site.areaCode}${site.mainNumber}`;
    this.#ownPrefixes = this.#compileOwnPrefixes();
    this.#rules = new CompiledNumberRules(site.rules);
  }

  /** The canonical form of a number or name, as a user part or as typed. Any text gives one. */
  canonical(text: string): CanonicalNumber {
    if (text.length > longestText) return unreadable;
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const read = this.#read(text);
    this.#numbers.set(text, read);
    return read;
  }

  /** The same for a caller, after the site's rewriting rules. */
  canonicalCaller(text: string): RuledNumber {
    if (text.length > longestText) return { number: unreadable };
    const known = this.#callers.get(text);
    if (known !== undefined) return known;
    const stripped = withoutFirst(this.site.stripPrefixes ?? [], text);
    const rewritten = this.#rules.apply(stripped);
    const number = this.canonical(rewritten?.text ?? stripped);
    const read: RuledNumber = rewritten === undefined ? { number } : { number, rule: rewritten.rule };
    this.#callers.set(text, read);
    return read;
  }

  #read(text: string): CanonicalNumber {
    if (this.extensions.has(text)) return { kind: "extension", key: text, bare: true };
    if (!numberForm.test(text)) return this.#readName(text);
    const number = text.replace(bracketedPrefix, "$1").replace(separators, "");
    if (/[*#]/.test(number)) return { kind: "code", key: number };
    return number.startsWith("+") ? this.#readInternational(number) : this.#readDigits(number);
  }

  #readName(text: string): CanonicalNumber {
    if (!nameForm.test(text) || withheld.has(text.toLowerCase())) return unreadable;
    return { kind: "name", key: text };
  }

  /** With `+` nothing is left to guess: the library is asked only for numbers that may be written wrongly. */
  #readInternational(number: string): CanonicalNumber {
    const own = this.#readOwn(number);
    if (own !== undefined) return own;
    const strayPrefix =
      this.nationalPrefix !== "" && number.startsWith(`+${this.site.countryCode}${this.nationalPrefix}`);
    const e164 = strayPrefix ? findPossible(number) : number;
    if (e164 === undefined || !/^\+[1-9]\d{6,14}$/.test(e164)) return unreadable;
    return this.#place(e164);
  }

  #readDigits(digits: string): CanonicalNumber {
    if (this.extensions.has(digits)) return { kind: "extension", key: digits, bare: true };
    const emergency = this.#findEmergency(digits);
    if (emergency !== undefined) return { kind: "emergency", key: emergency };
    const own = this.#readOwn(digits);
    if (own !== undefined) return own;
    for (const other of this.#others)
      if (other.extensions.has(digits)) return other.#asColleague(digits, true);
    if (this.country !== undefined && isShortNumber(digits, this.country))
      return { kind: "short", key: digits };
    const readings = this.#readings(digits);
    const e164 = firstFound(readings, findAssigned) ?? firstFound(readings, findPossible);
    return e164 === undefined ? { kind: "digits", key: digits } : this.#place(e164);
  }

  #findEmergency(digits: string): string | undefined {
    const { country } = this;
    if (country === undefined) return undefined;
    return [digits, this.#behindOutsideLine(digits)].find((number) => isEmergency(number, country));
  }

  /** What is dialled once there is an outside line; empty when the digits do not ask for one. */
  #behindOutsideLine(digits: string): string {
    const { outsideLine } = this.site;
    return outsideLine !== "" && digits.startsWith(outsideLine) ? digits.slice(outsideLine.length) : "";
  }

  /** The international numbers that digits may stand for, the likeliest first: those with a prefix, and then without. */
  #readings(digits: string): string[] {
    const outside = this.#behindOutsideLine(digits);
    const prefixed = [digits, outside].map((dialled) => this.#readPrefixed(dialled));
    const bare = [digits, outside].flatMap((dialled, index) =>
      prefixed[index] === undefined ? this.#readBare(dialled) : [],
    );
    return [...prefixed.filter((reading) => reading !== undefined), ...bare];
  }

  /** With the prefix for calls abroad, or for calls within the country. */
  #readPrefixed(digits: string): string | undefined {
    const { internationalPrefix, nationalPrefix } = this;
    if (internationalPrefix !== "" && digits.startsWith(internationalPrefix)) {
      return `+${digits.slice(internationalPrefix.length)}`;
    }
    if (nationalPrefix !== "" && digits.startsWith(nationalPrefix)) {
      return `+${this.site.countryCode}${digits.slice(nationalPrefix.length)}`;
    }
    return undefined;
  }

  #readBare(digits: string): string[] {
    const { countryCode, areaCode } = this.site;
    const readings: string[] = [];
    if (digits.startsWith(countryCode) && digits.length >= shortestBareOwnCountry)
      readings.push(`+${digits}`);
    // As short as an extension it is rather an extension that the site does not have.
    if (digits.length <= this.extensions.longest) return readings;
    if (digits.length <= longestLocalNumber) readings.push(`+${countryCode}${areaCode}${digits}`);
    if (digits.length >= shortestBareAbroad) readings.push(`+${digits}`);
    readings.push(`+${countryCode}${digits}`);
    return readings;
  }

  #place(e164: string): CanonicalNumber {
    const own = this.#readOwn(e164);
    if (own !== undefined) return own;
    for (const other of this.#others) {
      const theirs = other.#readOwn(e164);
      if (theirs?.kind === "extension") return other.#asColleague(theirs.key, false);
    }
    return { kind: "number", key: e164 };
  }

  /** For the sites that this one is internal at. */
  #asColleague(extension: string, bare: boolean): CanonicalNumber {
    const { id, mainNumber, directDialling = true } = this.site;
    const isReached = mainNumber !== "" && directDialling;
    const key = isReached ? `+${this.#ownNumber}${extension}` : extension;
    return { kind: "colleague", key, extension, site: id, bare };
  }

  /** A number that begins with the site's main number: an extension's, the main number alone, or another's. */
  #readOwn(number: string): CanonicalNumber | undefined {
    for (const prefix of this.#ownPrefixes) {
      if (!number.startsWith(prefix)) continue;
      const rest = number.slice(prefix.length);
      if (rest === "") return { kind: "mainNumber", key: `+${this.#ownNumber}` };
      const { directDialling = true } = this.site;
      if (directDialling && this.extensions.has(rest)) return { kind: "extension", key: rest, bare: false };
    }
    return undefined;
  }

  #compileOwnPrefixes(): string[] {
    const { areaCode, mainNumber } = this.site;
    if (mainNumber === "") return [];
    const national = `${areaCode}${mainNumber}`;
    return [
      `+${this.#ownNumber}`,
      `${this.internationalPrefix}${this.#ownNumber}`,
      this.#ownNumber,
      `${this.nationalPrefix}${national}`,
      national,
      mainNumber,
    ];
  }
}

function firstFound(
  readings: readonly string[],
  find: (reading: string) => string | undefined,
): string | undefined {
  for (const reading of readings) {
    const found = find(reading);
    if (found !== undefined) return found;
  }
  return undefined;
}

function withoutFirst(prefixes: readonly string[], text: string): string {
  const prefix = prefixes.find((each) => text.startsWith(each) && text.length > each.length);
  return prefix === undefined ? text : text.slice(prefix.length);
}

/**
 * A site's numbering made ready for use; costs some time and memory: once per site, not per call. `others`: the sites
 * that it names as internal, in that order.
 */
export function compileSite(site: Site, others: readonly Site[] = []): NumberPlan {
  return new NumberPlan(
    site,
    others.map((other) => new NumberPlan(other)),
  );
}
