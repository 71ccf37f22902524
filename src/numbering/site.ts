/** A location's numbering, as configured. Digits alone, without separators. */
export interface Site {
  readonly id: string;
  /** `49`, without `+`. */
  readonly countryCode: string;
  /** `8151`, without the trunk prefix; empty where the country has none. */
  readonly areaCode: string;
  /** `36856`: the number that extensions are appended to; empty: no direct dialling. */
  readonly mainNumber: string;
  /** Absent: yes. Without it the main number is all that reaches the site from outside, whatever follows it. */
  readonly directDialling?: boolean;
  /** Single extensions, ranges and lengths: `500`, `100-399`, `7???`. A range holds numbers of its bounds' length. */
  readonly extensions: readonly string[];
  /** Dialled before a number to get an outside line; empty: none. */
  readonly outsideLine: string;
  /** Like `outsideLine`, for targets of forwardings; absent: as `outsideLine`. Empty: none. */
  readonly forwardingPrefix?: string;
  /** Trunk prefix, `0` in most countries; absent: the country's own. */
  readonly nationalPrefix?: string;
  /** `00` in most countries; absent: the country's own. */
  readonly internationalPrefix?: string;
  /** Whether a short number in From, without a mark and without an asserted identity, is believed to be internal. */
  readonly trustFrom: boolean;
  /** Ids of sites whose subscribers are colleagues here too. Where their extensions collide, the first has them. */
  readonly internalSites?: readonly string[];
  /** What the PBX puts before the numbers of callers, and is no part of them: the first that fits is taken off. */
  readonly stripPrefixes?: readonly string[];
  /** Rewriting of numbers that callers come with, in order; the first match wins. RE2 syntax. */
  readonly rules: readonly NumberRule[];
}

export interface NumberRule {
  readonly match: string;
  /** What takes the match's place; `$1` is its first group. */
  readonly replace: string;
  /** What the rule says of the caller; absent: what the rewritten number says. */
  readonly callers?: "internal" | "external";
}
