/** What is known of a kind of PBX. Profiles are data: one file each in `profiles/`, each claim with its evidence. */
export interface Profile extends ProfileValues {
  readonly id: string;
  readonly name: string;
  /** How each value is known. */
  readonly evidence: ProfileEvidence;
  /** What else to know of this PBX: what it is set up by, what was looked for in vain. */
  readonly remarks: readonly string[];
}

/** What Divert goes by at a PBX; each can be set for one PBX, or in a profile of one's own. */
export interface ProfileValues {
  /** Where the caller's identity is read, in order. */
  readonly identityHeaders: readonly IdentityHeader[];
  /** What marks a call as internal, external, or from a group. First match wins. */
  readonly marks: readonly Mark[];
  /** Follows a 302 from a registered line. */
  readonly followsRedirect: Known;
  /** Accepts a 302 after an 18x. */
  readonly redirectAfterRinging: boolean;
  /** Host of the 302's Contact. */
  readonly redirectHost: "domain" | "registrar";
  /** Parameters of the 302's Contact URI, `user=phone` for instance. */
  readonly redirectParameters: string;
  /** How a number that is no extension stands in the 302's Contact. */
  readonly redirectNumber: "e164" | "dialled";
  /** Whether extensions may be names (letters, `.`, `-`, `_`). */
  readonly namedExtensions: boolean;
  /** What is done with `#` in a target. */
  readonly hash: "escape" | "refuse";
  readonly diversion: boolean;
  readonly historyInfo: boolean;
  /** Delivers a second call to a line, unless it is told otherwise; for lines that say nothing themselves. */
  readonly secondCall: Known;
  /**
   * Whose name a relayed call bears in From. `line`: the line's, since the PBX takes calls from its accounts alone; the
   * caller is named by display name and P-Asserted-Identity. `caller`: the caller's own.
   */
  readonly relayedFrom: "line" | "caller";
  /** Seconds that a line rings at this PBX before it gives up; absent: not known. */
  readonly ringLimit?: number;
  /** Calls that the PBX lets a line have at once, in both directions together; absent: it is not known to limit them. */
  readonly callsPerLine?: number;
  /** What an inbound call's line is told by: our Contact's token alone, or other headers too where PBXs do not send it back. */
  readonly calledParty: readonly ("To" | "P-Called-Party-ID")[];
  /** Sent to keep a UDP path open. */
  readonly keepAlive: "none" | "crlf" | "stun";
  readonly keepAliveSeconds: number;
  /** Seconds asked for at REGISTER. */
  readonly expires: number;
  /** Registrations a second, at the most. */
  readonly registerRate: number;
  /** Takes the media of browsers from its lines: DTLS-SRTP and ICE (RFC 8827). Divert does not translate. */
  readonly webrtcMedia: Known;
}

export type ProfileKey = keyof ProfileValues;

export type Known = "yes" | "no" | "unknown";

/**
 * How a value is known: by our own interop tests (the source is the test's file), by a named source, by analogy or for
 * want of better, by a check of this very PBX, or because the installation's configuration says so.
 */
export type Evidence =
  | { readonly level: "tested" | "documented"; readonly source: string }
  | { readonly level: "assumed" | "found" }
  | { readonly level: "configured"; readonly source?: string };

export type EvidenceLevel = Evidence["level"];

/** Of each value that there is. */
export type ProfileEvidence = Readonly<Partial<Record<ProfileKey, Evidence>>>;

export type IdentityHeader = "P-Asserted-Identity" | "Remote-Party-ID" | "From";

/** A mark: this header holds this text, or the caller's number begins with this prefix. */
export type Mark = {
  readonly says: "internal" | "external" | "group";
} & ({ readonly header: string; readonly contains: string } | { readonly prefix: string });
