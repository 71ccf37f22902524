/**
 * What an administrator has set up: sites, profiles, PBXs, line groups, lines, users, tokens. Plain data, as it is stored.
 */
import type { Answers } from "../forwarding/answers.ts";
import type { RelayFailure } from "../forwarding/call-facts.ts";
import type { Forwarding } from "../forwarding/rules.ts";
import type { Site } from "../numbering/site.ts";
import type { PbxConfiguration } from "../pbx/pbx-configuration.ts";
import type { ProfileConfiguration } from "../pbx/profile-configuration.ts";
import type { DoNotDisturbSetting } from "./do-not-disturb.ts";

export { answerCodes, defaultAnswers, type AnswerCode, type Answers } from "../forwarding/answers.ts";

export interface LineGroup {
  readonly id: string;
  /** Id of the PBX at which the group's lines register. */
  readonly pbx: string;
  readonly answers: Answers;
  /** `calls`: ringing counts as busy too; `established`: a call counts from its answer on. */
  readonly busyCounts: "calls" | "established";
  /** What becomes of a call that Divert carries to its target itself, when the target fails. */
  readonly relayFailure: RelayFailure;
  /** Where forwardings of its lines may lead, beyond what is permitted anyway. */
  readonly targets: TargetRights;
  /** Of the group's own forwardings, which administrators set; absent: as `targets`. */
  readonly groupTargets?: TargetRights;
  /** Absent: `defaultLimits`. */
  readonly limits?: ForwardingLimits;
}

/** What is absent is as `defaultTargetPolicy` has it. */
export interface TargetRights {
  /** Hosts that are not the PBX's, lower-case: names, or addresses as they stand in a URI. */
  readonly foreignHosts: readonly string[];
  readonly premium?: boolean;
  readonly abroad?: boolean;
  readonly satellite?: boolean;
  readonly ownCountry?: boolean;
  /** Characters. */
  readonly longest?: number;
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
}

/** How much one line may forward to outside of the PBX. */
export interface ForwardingLimits {
  readonly perHour: number;
  readonly relayedAtOnce: number;
}

/** A private person forwards a dozen calls a day; a hotline's group sets its own. */
export const defaultLimits: ForwardingLimits = { perHour: 200, relayedAtOnce: 10 };

/** What a group has of these unless it says otherwise. */
export const groupDefaults: Pick<LineGroup, "relayFailure" | "targets"> = {
  relayFailure: "handBack",
  targets: { foreignHosts: [] },
};

/** One SIP account at a PBX. */
export interface LineConfiguration {
  readonly id: string;
  readonly group: string;
  readonly extension: string;
  readonly username: string;
  /** What the digest is computed with, where it differs from `username`. */
  readonly authUsername?: string;
  readonly password: string;
  readonly secondCall: "yes" | "no" | "unknown";
  readonly callWaiting: boolean;
  readonly displayName?: string;
  readonly phone?: { readonly username: string; readonly password: string };
  /** Absent: as its user has set it. */
  readonly doNotDisturb?: DoNotDisturbSetting;
}

export interface UserConfiguration {
  readonly name: string;
  readonly password?: string;
  readonly role: Role;
  readonly lines: readonly string[];
}

export type Role = "user" | "admin";

export interface TokenConfiguration {
  readonly name: string;
  readonly role: Role;
  readonly secret: string;
}

export type ForwardingOwner = { readonly line: string } | { readonly group: string };

/** A forwarding as the configuration file has it: with its owner. */
export interface OwnedForwarding {
  readonly owner: ForwardingOwner;
  readonly forwarding: Forwarding;
}

/** Everything that a configuration file may hold, checked and with every default filled in. */
export interface Configuration {
  readonly sites: readonly Site[];
  /** Those that the installation has written for itself. */
  readonly profiles: readonly ProfileConfiguration[];
  readonly pbxs: readonly PbxConfiguration[];
  readonly groups: readonly LineGroup[];
  readonly lines: readonly LineConfiguration[];
  readonly users: readonly UserConfiguration[];
  readonly tokens: readonly TokenConfiguration[];
  readonly forwardings: readonly OwnedForwarding[];
}
