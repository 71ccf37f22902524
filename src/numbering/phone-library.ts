/**
 * The world's numbering plans, as google-libphonenumber knows them. The one place that speaks to the library:
 * it throws on what it cannot read, and takes some ten microseconds for a number.
 */
import libphonenumber from "google-libphonenumber";

const { PhoneNumberUtil, PhoneNumberFormat, PhoneNumberType, ShortNumberInfo } = libphonenumber;
const phoneNumbers = PhoneNumberUtil.getInstance();
const shortNumbers = ShortNumberInfo.getInstance();

/** Cost of a short number in the library's table; anything else is not known to be harmless. */
const { TOLL_FREE, STANDARD_RATE } = { TOLL_FREE: 0, STANDARD_RATE: 1 };

type Region = Parameters<typeof shortNumbers.isEmergencyNumber>[1];

/** What is known of the country that a site is in. */
export interface Country {
  readonly countryCode: string;
  readonly region: Region;
  /** What stands before an area code within the country; empty: nothing does. */
  readonly nationalPrefix: string;
  /** What stands before a country code. */
  readonly internationalPrefix: string;
}

/** Where it is not `00`. The library has patterns for reading here, but no one prefix for writing. */
const internationalPrefixes: Readonly<Record<string, string>> = {
  "1": "011",
  "7": "810",
  "61": "0011",
  "65": "001",
  "66": "001",
  "81": "010",
  "82": "00",
  "852": "001",
  "855": "001",
};

/** The country with this code; undefined when there is none. */
export function findCountry(countryCode: string): Country | undefined {
  if (!/^[1-9]\d{0,2}$/.test(countryCode)) return undefined;
  const region = phoneNumbers.getRegionCodeForCountryCode(Number(countryCode));
  if (region === "ZZ") return undefined;
  return {
    countryCode,
    region,
    // The types promise no null, the library gives one.
    nationalPrefix: (phoneNumbers.getNddPrefixForRegion(region, true) as string | null | undefined) ?? "",
    internationalPrefix: internationalPrefixes[countryCode] ?? "00",
  };
}

/** Some countries have assigned services shorter numbers, which mean nothing from abroad. */
const fullForm = /^\+\d{7,15}$/;

interface Reading {
  readonly e164: string;
  readonly isValid: boolean;
  readonly type: number;
}

function read(international: string): Reading | undefined {
  try {
    const number = phoneNumbers.parse(international);
    return {
      e164: phoneNumbers.format(number, PhoneNumberFormat.E164),
      isValid: phoneNumbers.isValidNumber(number),
      type: phoneNumbers.getNumberType(number),
    };
  } catch {
    // The library says "no number" by throwing.
    return undefined;
  }
}

/** The number in E.164 when its country assigns such numbers. `international` begins with `+` and the country code. */
export function findAssigned(international: string): string | undefined {
  const reading = read(international);
  return reading?.isValid === true && fullForm.test(reading.e164) ? reading.e164 : undefined;
}

/** The number in E.164 when it has a country and a plausible length, assigned or not. */
export function findPossible(international: string): string | undefined {
  const reading = read(international);
  return reading !== undefined && fullForm.test(reading.e164) ? reading.e164 : undefined;
}

/** Exactly an emergency number of that country, such as 112. */
export function isEmergency(digits: string, { region }: Country): boolean {
  return shortNumbers.isEmergencyNumber(digits, region);
}

/** Would be put through to an emergency service, digits too many or not. */
export function reachesEmergency(digits: string, { region }: Country): boolean {
  return shortNumbers.connectsToEmergencyNumber(digits, region);
}

/** A service's short number of that country, such as 115 or 11833. */
export function isShortNumber(digits: string, { region }: Country): boolean {
  try {
    return shortNumbers.isValidShortNumberForRegion(phoneNumbers.parse(digits, region), region);
  } catch {
    // No number at all for the library.
    return false;
  }
}

/** A short number that is not known to cost nothing out of the ordinary. */
export function isDearShortNumber(digits: string, { region }: Country): boolean {
  try {
    const cost: number = shortNumbers.getExpectedCostForRegion(phoneNumbers.parse(digits, region), region);
    return cost !== TOLL_FREE && cost !== STANDARD_RATE;
  } catch {
    // What the library cannot read it cannot vouch for.
    return true;
  }
}

/**
 * Country codes that no country has (ITU-T E.164 Annex, list of assigned codes): Inmarsat, mobile satellite and other
 * networks of the whole world. The dearest of all calls, and what a stolen account is used for first.
 */
const worldwideCodes = ["+870", "+881", "+882", "+883"];

/** A number of a satellite or another worldwide network. */
export function isSatellite(e164: string): boolean {
  return worldwideCodes.some((code) => e164.startsWith(code));
}

/** International premium rate (ITU-T E.169.2) has a country code of its own. */
const internationalPremium = "+979";
/** How many digits more or fewer than a premium number has are still taken for one. */
const strayDigits = 4;

/**
 * A number that costs extra. Exchanges take the digits that they need: a premium number with digits too many is put
 * through all the same, and one with digits too few is at least meant to be one.
 */
export function isPremium(e164: string): boolean {
  if (e164.startsWith(internationalPremium)) return true;
  const reading = read(e164);
  if (reading?.type === PhoneNumberType.PREMIUM_RATE) return true;
  if (reading?.isValid === true) return false;
  const shorter = Array.from({ length: Math.max(0, e164.length - 6) }, (_, cut) =>
    e164.slice(0, e164.length - cut),
  );
  const longer = Array.from({ length: strayDigits }, (_, more) => e164 + "0".repeat(more + 1));
  return [...shorter, ...longer].some((variant) => read(variant)?.type === PhoneNumberType.PREMIUM_RATE);
}
