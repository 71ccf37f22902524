/**
 * Who is calling, and whether from inside or outside: the PBX's mark, then the first readable identity.
 */
import type { CanonicalNumber } from "./canonical-number.ts";
import type { NumberPlan } from "./number-plan.ts";
import type { NumberRule } from "./site.ts";

export type CallerOrigin = "internal" | "external";

export type IdentitySource = "P-Asserted-Identity" | "Remote-Party-ID" | "From";

/** One identity as a header gives it. */
export interface Identity {
  readonly header: IdentitySource;
  /** User part of the URI, unescaped, or a tel URI's number; empty: there is none. */
  readonly user: string;
  /** Host of the URI, lower-case; empty for tel URIs. */
  readonly host: string;
  /** Whether the host is the PBX's: its domain, its registrar, or the address it sends from. */
  readonly atPbx: boolean;
}

/** What the PBX's marks say, as pbx/marks.ts read them. */
export interface MarkVerdict {
  readonly origin?: CallerOrigin;
  /** The header or prefix that said so. */
  readonly by?: string;
  /** What marks put before the caller's number; stripped. */
  readonly prefix?: string;
}

export interface CallerInput {
  /** In the order of the message. */
  readonly identities: readonly Identity[];
  /** The profile's. */
  readonly order: readonly IdentitySource[];
  /** Whether the call comes from the line's own PBX: from others an asserted identity is worth nothing. */
  readonly fromOwnPbx: boolean;
  readonly marks: MarkVerdict;
  /** `Privacy: id`: the number classifies, and is neither shown nor logged. */
  readonly privacy: boolean;
  readonly plan: NumberPlan;
}

export interface Caller {
  readonly class: CallerOrigin;
  /** Canonical, for comparing alone; empty when the caller is not known. */
  readonly identity: string;
  /** What may be shown and logged; absent when the caller withholds it or is not known. */
  readonly shown?: string;
  readonly because: CallerReason;
}

/** Why the caller is internal or external. */
export type CallerReason =
  | { readonly code: "mark"; readonly origin: CallerOrigin; readonly by: string }
  | { readonly code: "rule"; readonly origin: CallerOrigin; readonly rule: NumberRule }
  | { readonly code: "extension"; readonly header: IdentitySource }
  | { readonly code: "ownNumber"; readonly extension: string }
  | { readonly code: "otherSite"; readonly site: string }
  | { readonly code: "mainNumber" }
  | { readonly code: "foreignHost" }
  | { readonly code: "fromNotTrusted" }
  | { readonly code: "outsideNumber" }
  | { readonly code: "emergencyNumber" }
  | { readonly code: "unknownNumber" }
  | { readonly code: "name" }
  | { readonly code: "nobody" };

/** Who the caller is to this line. Any input gives an answer; without a readable identity the caller is external. */
export function classifyCaller(input: CallerInput): Caller {
  const found = findIdentity(input);
  const identity = found === undefined ? "" : keyOf(found.number, found.identity);
  const because = judge(found, input);
  const isShown = identity !== "" && !input.privacy && !withholdsFrom(input.identities);
  const caller = { class: originOf(because), identity, because };
  return isShown ? { ...caller, shown: identity } : caller;
}

interface Found {
  readonly identity: Identity;
  readonly number: CanonicalNumber;
  readonly rule?: NumberRule;
}

function findIdentity({ identities, order, fromOwnPbx, marks, plan }: CallerInput): Found | undefined {
  for (const header of order) {
    // RFC 3325 §5: an asserted identity counts from a trusted peer alone.
    if (header !== "From" && !fromOwnPbx) continue;
    for (const identity of identities) {
      if (identity.header !== header) continue;
      const ruled = plan.canonicalCaller(withoutPrefix(identity.user, marks.prefix));
      if (ruled.number.kind !== "unreadable") return { identity, ...ruled };
    }
  }
  return undefined;
}

function withoutPrefix(user: string, prefix: string | undefined): string {
  return prefix !== undefined && user.startsWith(prefix) ? user.slice(prefix.length) : user;
}

/** Full numbers mean the same everywhere; all else means something at its own host alone. */
function keyOf(number: CanonicalNumber, identity: Identity): string {
  const isFull =
    number.kind === "number" ||
    number.kind === "mainNumber" ||
    ((number.kind === "extension" || number.kind === "colleague") && !number.bare);
  return isFull || isAtPbx(identity) ? number.key : `${number.key}@${identity.host}`;
}

/** A tel URI has no host: the PBX that asserts it means its own numbers. */
function isAtPbx({ atPbx, host, header }: Identity): boolean {
  return atPbx || (host === "" && header !== "From");
}

function judge(found: Found | undefined, { marks, plan }: CallerInput): CallerReason {
  if (marks.origin !== undefined) return { code: "mark", origin: marks.origin, by: marks.by ?? "" };
  if (found === undefined) return { code: "nobody" };
  const { number, identity, rule } = found;
  if (rule?.callers !== undefined) return { code: "rule", origin: rule.callers, rule };
  switch (number.kind) {
    case "extension": {
      if (!number.bare) return { code: "ownNumber", extension: number.key };
      // A proxy passes an outsider's sip:110@elsewhere through: a short number means something at its own host alone.
      if (!isAtPbx(identity)) return { code: "foreignHost" };
      if (identity.header === "From" && !plan.site.trustFrom) return { code: "fromNotTrusted" };
      return { code: "extension", header: identity.header };
    }
    case "colleague": {
      if (!number.bare) return { code: "otherSite", site: number.site };
      if (!isAtPbx(identity)) return { code: "foreignHost" };
      if (identity.header === "From" && !plan.site.trustFrom) return { code: "fromNotTrusted" };
      return { code: "otherSite", site: number.site };
    }
    case "mainNumber":
      return { code: "mainNumber" };
    case "number":
      return { code: "outsideNumber" };
    case "emergency":
      return { code: "emergencyNumber" };
    case "short":
    case "code":
    case "digits":
      return { code: "unknownNumber" };
    case "name":
      return { code: "name" };
    case "unreadable":
      return { code: "nobody" };
  }
}

function originOf(reason: CallerReason): CallerOrigin {
  switch (reason.code) {
    case "mark":
    case "rule":
      return reason.origin;
    case "extension":
    case "ownNumber":
    case "otherSite":
      return "internal";
    default:
      return "external";
  }
}

/** RFC 3323 §4.1: whoever calls as anonymous@anonymous.invalid wants the number withheld, Privacy header or not. */
function withholdsFrom(identities: readonly Identity[]): boolean {
  return identities.some(
    ({ header, user, host }) =>
      header === "From" && (user.toLowerCase() === "anonymous" || host === "anonymous.invalid"),
  );
}
