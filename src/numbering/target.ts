/**
 * A forwarding's target: from what a user typed to what stands in a 302. What users type ends on the wire, so all
 * that is not known to be harmless is refused (no header, parameter or second address can be smuggled in).
 */
import { fail, succeed, type Result } from "../base/result.ts";
import type { NumberPlan } from "./number-plan.ts";
import { isDearShortNumber, isPremium, isSatellite, reachesEmergency } from "./phone-library.ts";
import { matchesSome } from "./target-pattern.ts";
import { defaultTargetPolicy, type TargetPolicy } from "./target-policy.ts";

export interface ResolvedTarget {
  readonly kind: "extension" | "number" | "short" | "code" | "uri";
  /** What targets and callers are compared by: `102`, `+4989123456`, `sip:bob@elsewhere.example`. */
  readonly canonical: string;
  /** User part of a URI at the PBX that reaches the target, escaped for the wire. */
  readonly contactUser: string;
  /** The whole URI of a target that is not at the PBX. */
  readonly foreignUri?: string;
}

/** How a PBX wants targets written; a profile has these keys. */
export interface TargetPbx {
  /** Lower-case names and addresses under which the PBX itself is meant: its domain, its registrar. */
  readonly hosts: ReadonlySet<string>;
  readonly redirectNumber: "e164" | "dialled";
  readonly namedExtensions: boolean;
  readonly hash: "escape" | "refuse";
  /** Whether a line with this extension is known; absent: none is. */
  hasLine?(extension: string): boolean;
}

export interface TargetFault {
  readonly code: "invalid-target" | "target-barred";
  readonly problem:
    "premium" | "emergency" | "abroad" | "satellite" | "ownCountry" | "denied" | "foreignHost" | "unreadable";
  readonly message: string;
  readonly mend?: string;
}

type Resolution = Result<ResolvedTarget, TargetFault>;

/** ASCII alone, on purpose: digits of other scripts look alike and are not. */
const numberForm = /^\+?[0-9*#]+$/;
const nameForm = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
/** What people type between digits. A slash is none of it: Asterisk takes what stands before one for a channel technology. */
const typedSeparators = /[ ()-]/g;
const typedNumberForm = /^[+0-9*# ()-]+$/;
/** No parameters, no headers, no password, no escapes: a user, a host, perhaps a port. */
const sipUriForm = /^sip:([A-Za-z0-9+*#._-]+)@([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$/i;
const longestUri = 255;

/** A target as typed, resolved for a site and a PBX, and permitted by the policy. */
export function resolveTarget(
  text: string,
  plan: NumberPlan,
  pbx: TargetPbx,
  policy: TargetPolicy = defaultTargetPolicy,
): Resolution {
  const resolved = resolve(text, plan, pbx, policy);
  if (!resolved.ok || !matchesSome(policy.deny, resolved.value.canonical)) return resolved;
  return barred("denied", `Calls to ${resolved.value.canonical} are not permitted.`);
}

function resolve(text: string, plan: NumberPlan, pbx: TargetPbx, policy: TargetPolicy): Resolution {
  if (text.length > longestUri) return unreadable("It is too long.", "Write a number or a SIP URI.");
  const uri = sipUriForm.exec(text);
  const [, user, host] = uri ?? [];
  if (user === undefined || host === undefined) return resolveUser(text, plan, pbx, policy);
  if (user.length > policy.longest) return tooLong(policy);
  if (pbx.hosts.has(host.toLowerCase())) return resolveUser(user, plan, pbx, policy);
  return resolveForeign(user, host.toLowerCase(), uri?.[3] ?? "", policy);
}

function resolveUser(text: string, plan: NumberPlan, pbx: TargetPbx, policy: TargetPolicy): Resolution {
  const number = typedNumberForm.test(text) ? text.replace(typedSeparators, "") : text;
  if (number.length > policy.longest) return tooLong(policy);
  if (numberForm.test(number)) return resolveNumber(number, plan, pbx, policy);
  if (nameForm.test(number) && (pbx.namedExtensions || plan.extensions.has(number))) return extension(number);
  return unreadable(
    "It is neither an extension nor a number nor a SIP URI at the PBX.",
    "Write an extension such as 102, or a number such as +4989123456; digits, + at the beginning, * and # alone.",
  );
}

function resolveNumber(text: string, plan: NumberPlan, pbx: TargetPbx, policy: TargetPolicy): Resolution {
  const number = plan.canonical(text);
  switch (number.kind) {
    case "extension":
      // 110 may be a colleague or the police: what the PBX takes it for is known only of lines that we hold.
      if (
        reachesEmergencyExactly(number.key, plan) &&
        pbx.hasLine?.(number.key) !== true &&
        !policy.emergency
      ) {
        return barred(
          "emergency",
          `${number.key} is an emergency number, and no line of this PBX that Divert knows.`,
        );
      }
      return extension(number.key);
    case "colleague":
      if (!number.bare) return resolveOutside(number.key, plan, pbx, policy);
      return succeed({ kind: "extension", canonical: number.key, contactUser: escapeHash(number.extension) });
    case "number":
    case "mainNumber":
      return resolveOutside(number.key, plan, pbx, policy);
    case "code":
      return resolveCode(number.key, plan, pbx, policy);
    case "emergency":
      return policy.emergency ? short(number.key, plan, pbx) : barredEmergency(number.key);
    case "short":
    case "digits":
      if (!policy.emergency && mayReachEmergency(number.key, plan)) return barredEmergency(number.key);
      if (number.kind === "digits") {
        return unreadable(
          `${number.key} is neither an extension of this site nor a number.`,
          "Add the extension to the site's ranges, or write the number with + and country code.",
        );
      }
      if (
        !policy.premium &&
        plan.country !== undefined &&
        isDearShortNumber(number.key, plan.country) &&
        !matchesSome(policy.allow, number.key)
      ) {
        return barred("premium", `${number.key} is a number that may cost extra.`);
      }
      return short(number.key, plan, pbx);
    case "name":
    case "unreadable":
      return unreadable(
        `${text} is no number.`,
        "Write the number with + and country code, for instance +4989123456.",
      );
  }
}

function resolveOutside(e164: string, plan: NumberPlan, pbx: TargetPbx, policy: TargetPolicy): Resolution {
  const { countryCode } = plan.site;
  const isAbroad = !e164.startsWith(`+${countryCode}`);
  const national = e164.slice(1 + countryCode.length);
  if (!policy.emergency && !isAbroad && reachesEmergencyExactly(national, plan)) return barredEmergency(e164);
  if (!matchesSome(policy.allow, e164)) {
    if (!policy.premium && isPremium(e164)) return barred("premium", `${e164} is a premium number.`);
    if (!policy.satellite && isSatellite(e164))
      return barred("satellite", `${e164} is a number of a satellite or worldwide network.`);
    if (isAbroad && !policy.abroad) return barred("abroad", `${e164} is abroad.`);
    if (!isAbroad && !policy.ownCountry) return barred("ownCountry", `${e164} is outside of this site.`);
  }
  return succeed({ kind: "number", canonical: e164, contactUser: writeNumber(e164, plan, pbx) });
}

/** How the PBX wants to have a number of the outside written. */
function writeNumber(e164: string, plan: NumberPlan, pbx: TargetPbx): string {
  if (pbx.redirectNumber === "e164") return e164;
  const { countryCode } = plan.site;
  const dialled = e164.startsWith(`+${countryCode}`)
    ? plan.nationalPrefix + e164.slice(1 + countryCode.length)
    : plan.internationalPrefix + e164.slice(1);
  return escapeHash(forwardingPrefix(plan) + dialled);
}

function forwardingPrefix({ site }: NumberPlan): string {
  return site.forwardingPrefix ?? site.outsideLine;
}

function resolveCode(code: string, plan: NumberPlan, pbx: TargetPbx, policy: TargetPolicy): Resolution {
  if (code.includes("#") && pbx.hash === "refuse") {
    return unreadable("This PBX takes no # in a target.", "Write a number without #.");
  }
  // A code such as *31# withholds the caller and dials what follows.
  const dialled = code.split(/[*#]+/).filter((digits) => digits !== "");
  if (!policy.emergency && dialled.some((digits) => mayReachEmergency(digits, plan)))
    return barredEmergency(code);
  if (!policy.premium && dialled.some((digits) => isPremiumAsDialled(digits, plan))) {
    return barred("premium", `${code} leads to a premium number.`);
  }
  return succeed({ kind: "code", canonical: code, contactUser: escapeHash(code) });
}

function isPremiumAsDialled(digits: string, plan: NumberPlan): boolean {
  const number = plan.canonical(digits);
  if (number.kind === "short") return plan.country !== undefined && isDearShortNumber(digits, plan.country);
  return number.kind === "number" && isPremium(number.key);
}

function resolveForeign(user: string, host: string, port: string, policy: TargetPolicy): Resolution {
  if (policy.foreignHosts !== "any" && !policy.foreignHosts.includes(host)) {
    const mend =
      "Choose another target, or have the host named in `targets.foreignHosts` of the line's group.";
    return barred("foreignHost", `${host} is not the PBX's, and calls to it are not permitted.`, mend);
  }
  const foreignUri = `sip:${escapeHash(user)}@${host}${port}`;
  return succeed({ kind: "uri", canonical: foreignUri, contactUser: escapeHash(user), foreignUri });
}

function extension(number: string): Resolution {
  return succeed({ kind: "extension", canonical: number, contactUser: escapeHash(number) });
}

function short(digits: string, plan: NumberPlan, pbx: TargetPbx): Resolution {
  const prefix = pbx.redirectNumber === "dialled" ? forwardingPrefix(plan) : "";
  return succeed({ kind: "short", canonical: digits, contactUser: escapeHash(prefix + digits) });
}

/** RFC 3261 §25.1: `#` may not stand in a user part as it is. */
function escapeHash(user: string): string {
  return user.replaceAll("#", "%23");
}

function reachesEmergencyExactly(digits: string, { country }: NumberPlan): boolean {
  return country !== undefined && digits.length <= 3 && reachesEmergency(digits, country);
}

/** As it is dialled, or behind what gets an outside line. */
function mayReachEmergency(digits: string, plan: NumberPlan): boolean {
  const { country, site } = plan;
  if (country === undefined) return false;
  return ["", site.outsideLine, forwardingPrefix(plan)].some(
    (prefix) => digits.startsWith(prefix) && reachesEmergency(digits.slice(prefix.length), country),
  );
}

function unreadable(message: string, mend: string): Resolution {
  return fail({ code: "invalid-target", problem: "unreadable", message, mend });
}

function tooLong({ longest }: TargetPolicy): Resolution {
  return unreadable(`It has more than ${longest} characters.`, "Write a shorter number.");
}

function barred(
  problem: Exclude<TargetFault["problem"], "unreadable">,
  message: string,
  mend = "Choose another target.",
): Resolution {
  return fail({ code: "target-barred", problem, message, mend });
}

function barredEmergency(number: string): Resolution {
  return barred("emergency", `${number} is an emergency number.`);
}
