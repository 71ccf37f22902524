/**
 * Which targets forwardings may have. Stands here and not beside the rules, since numbering alone knows what a
 * premium or an emergency number is.
 */
export interface TargetPolicy {
  readonly premium: boolean;
  readonly emergency: boolean;
  readonly abroad: boolean;
  /** Satellite and other worldwide networks, which have country codes of their own. */
  readonly satellite: boolean;
  /** Numbers of the site's own country, beyond the site itself. */
  readonly ownCountry: boolean;
  /** Hosts besides the PBX's own that a SIP URI may be at; `any`: all of them. */
  readonly foreignHosts: readonly string[] | "any";
  /** Characters of the number or user part. */
  readonly longest: number;
  /** Patterns of targets that are permitted whatever their type is, emergency numbers apart. */
  readonly allow: readonly string[];
  /** Patterns of targets that are not, whatever else holds. */
  readonly deny: readonly string[];
}

export const defaultTargetPolicy: TargetPolicy = {
  premium: false,
  emergency: false,
  abroad: true,
  satellite: false,
  ownCountry: true,
  foreignHosts: [],
  longest: 32,
  allow: [],
  deny: [],
};
