/**
 * Why a caller is internal or external, in words. As in forwarding/explain.ts a language is one table; numbering
 * keeps its own, since neither module knows the other.
 */
import type { Caller, CallerReason } from "./caller-identity.ts";

type Sayings = {
  readonly [Code in CallerReason["code"]]: (
    reason: Extract<CallerReason, { readonly code: Code }>,
    shown: string | undefined,
  ) => string;
};

/** One sentence. A number that the caller withholds is not in it. */
export function explainCaller({ because, shown }: Caller, sayings: Sayings = english): string {
  // The table has for each code the function that takes what has this code: TypeScript cannot see the two go together.
  const saying = sayings[because.code] as (reason: CallerReason, shown: string | undefined) => string;
  return saying(because, shown);
}

function who(shown: string | undefined): string {
  return shown === undefined ? "The caller" : `The caller ${shown}`;
}

const english: Sayings = {
  mark: ({ origin, by }, shown) =>
    `${who(shown)} is ${origin}: the PBX says so${by === "" ? "" : ` (${by})`}.`,
  rule: ({ origin, rule }, shown) => `${who(shown)} is ${origin}: the site's rule “${rule.match}” says so.`,
  extension: (_, shown) => `${who(shown)} is internal: an extension of the site.`,
  ownNumber: ({ extension }, shown) =>
    shown === undefined
      ? "The caller is internal: the site's main number with an extension."
      : `The caller is internal: the site's main number with extension ${extension}.`,
  otherSite: ({ site }, shown) => `${who(shown)} is internal: an extension of the site ${site}.`,
  mainNumber: () => "The caller is external: the site's main number, without an extension.",
  foreignHost: (_, shown) => `${who(shown)} is external: a short number counts at the PBX's own host alone.`,
  fromNotTrusted: (_, shown) =>
    `${who(shown)} is external: the site does not trust a short number that the PBX has not confirmed.`,
  outsideNumber: (_, shown) => `${who(shown)} is external: no number of the site.`,
  emergencyNumber: (_, shown) =>
    `${who(shown)} is external: an emergency number, and no extension of the site.`,
  unknownNumber: (_, shown) => `${who(shown)} is external: no extension of the site.`,
  name: (_, shown) => `${who(shown)} is external: a name, and no extension of the site.`,
  nobody: () => "The caller is external: no number could be read.",
};
