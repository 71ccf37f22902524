/**
 * What a number is at a site. `key` is what numbers are compared by: `102`, `+4989123456`, `112`, `alice`;
 * empty for what cannot be read.
 */
export type CanonicalNumber =
  /** Of the site. `bare`: it came as the extension alone, without the main number before it. */
  | { readonly kind: "extension"; readonly key: string; readonly bare: boolean }
  /**
   * A subscriber of another site that is internal here. `key` is the full number in E.164, or the extension where that
   * site is reached by none. `bare`: it came as the extension alone.
   */
  | {
      readonly kind: "colleague";
      readonly key: string;
      readonly extension: string;
      readonly site: string;
      readonly bare: boolean;
    }
  /** Anyone's full number, in E.164. */
  | { readonly kind: "number"; readonly key: string }
  /** The site's own main number without an extension, in E.164. */
  | { readonly kind: "mainNumber"; readonly key: string }
  | { readonly kind: "emergency"; readonly key: string }
  /** A service's: `115`, `11833`. */
  | { readonly kind: "short"; readonly key: string }
  /** With `*` or `#`: a code of the PBX's. */
  | { readonly kind: "code"; readonly key: string }
  /** Digits that the site's numbering has no place for. */
  | { readonly kind: "digits"; readonly key: string }
  | { readonly kind: "name"; readonly key: string }
  /** Nobody: withheld, empty, or no text that a number or name could be. */
  | { readonly kind: "unreadable"; readonly key: "" };

export const unreadable: CanonicalNumber = { kind: "unreadable", key: "" };
