import type { Fault } from "../base/refusal.ts";
import { extensionFault } from "./extension-ranges.ts";
import { numberRuleFault } from "./number-rules.ts";
import { findCountry } from "./phone-library.ts";
import type { Site } from "./site.ts";

const digitKeys = [
  "areaCode",
  "mainNumber",
  "outsideLine",
  "forwardingPrefix",
  "nationalPrefix",
  "internationalPrefix",
] as const;

/** All that is wrong with a site's numbering; paths are relative to the site. */
export function siteFaults(site: Site): Fault[] {
  const faults: Fault[] = [];
  if (findCountry(site.countryCode) === undefined) {
    const mend = "Write the country's calling code without + or zeros, for instance 49.";
    faults.push({
      path: "countryCode",
      message: `There is no country with the code “${site.countryCode}”.`,
      mend,
    });
  }
  for (const key of digitKeys) {
    const value = site[key];
    if (value !== undefined && !/^[0-9*#]*$/.test(value)) {
      faults.push({
        path: key,
        message: `“${value}” is not made of digits.`,
        mend: "Write digits alone, without separators.",
      });
    }
  }
  site.extensions.forEach((entry, index) => {
    const fault = extensionFault(entry);
    if (fault !== undefined) faults.push({ path: `extensions[${index}]`, ...fault });
  });
  site.stripPrefixes?.forEach((prefix, index) => {
    if (/^[0-9*#+]{1,16}$/.test(prefix)) return;
    faults.push({
      path: `stripPrefixes[${index}]`,
      message: `“${prefix}” is no prefix of numbers.`,
      mend: "Write digits, +, * and #, sixteen at the most.",
    });
  });
  site.rules.forEach((rule, index) => {
    const message = numberRuleFault(rule);
    if (message !== undefined)
      faults.push({ path: `rules[${index}]`, message, mend: "RE2 syntax; $1 is the first group." });
  });
  return faults;
}
