/**
 * Which targets forwardings may have. Stands here and not beside the rules, since numbering alone knows what a
 * premium or an emergency number is.
 */
export interface TargetPolicy {
  readonly premium: boolean;
  readonly emergency: boolean;
  readonly abroad: boolean;
  /** Hosts besides the PBX's own that a SIP URI may be at; `any`: all of them. */
  readonly foreignHosts: readonly string[] | "any";
  /** Characters of the number or user part. */
  readonly longest: number;
}

export const defaultTargetPolicy: TargetPolicy = {
  premium: false,
  emergency: false,
  abroad: true,
  foreignHosts: [],
  longest: 32,
};
