import type { ProfileValues } from "./profile.ts";

/** A phone system at which lines register: one row of configuration, with its profile's keys laid over. */
export interface PbxConfiguration {
  readonly id: string;
  /** Id of the profile it starts from. */
  readonly profile: string;
  /** Id of its site. */
  readonly site: string;
  /** SIP URI that REGISTER goes to. */
  readonly registrar: string;
  /** Domain of its addresses-of-record; absent in the file: the registrar's host. */
  readonly domain: string;
  /** Realm whose challenges are answered; absent: the one of the first challenge to a REGISTER. */
  readonly realm?: string;
  /** Whether a 302 is followed. */
  readonly redirect: "yes" | "no" | "auto";
  /** SIP URI that all requests go to first. */
  readonly outboundProxy?: string;
  /** Addresses (CIDR or single) that it may call from, besides those its names resolve to. */
  readonly addresses: readonly string[];
  /** For `tls:` and `sips:`; absent: certificates are checked against the system's authorities. */
  readonly tls?: { readonly ca?: string; readonly verify: boolean };
  /** Numbers of groups and queues: a call whose history or To names one is a group call. */
  readonly groupNumbers?: readonly string[];
  /** Keys of the profile that this PBX has otherwise. */
  readonly overrides: Partial<ProfileValues>;
}
