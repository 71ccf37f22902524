/** What is known of a kind of PBX. Profiles are data: one file each in `profiles/`, with its sources. */
export interface Profile {
  readonly id: string;
  readonly name: string;
  /** How sure we are: by our own interop runs, by a named source, or by analogy alone. */
  readonly evidence: "tested" | "documented" | "assumed";
  /** Where each claim was read or seen. */
  readonly sources: readonly string[];
  /** Where the caller's identity is read, in order. */
  readonly identityHeaders: readonly IdentityHeader[];
  /** What marks a call as internal, external, or from a group. First match wins. */
  readonly marks: readonly Mark[];
  /** Follows a 302 from a registered line. */
  readonly followsRedirect: "yes" | "no" | "unknown";
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
  /**
   * Whose name a relayed call bears in From. `line`: the line's, since the PBX takes calls from its accounts alone; the
   * caller is named by display name and P-Asserted-Identity. `caller`: the caller's own.
   */
  readonly relayedFrom: "line" | "caller";
  /** Seconds that a line rings at this PBX before it gives up; absent: not known. */
  readonly ringLimit?: number;
  /** What an inbound call's line is told by: our Contact's token alone, or other headers too where PBXs do not send it back. */
  readonly calledParty: readonly ("To" | "P-Called-Party-ID")[];
  /** Sent to keep a UDP path open. */
  readonly keepAlive: "none" | "crlf" | "stun";
  readonly keepAliveSeconds: number;
}

export type IdentityHeader = "P-Asserted-Identity" | "Remote-Party-ID" | "From";

/** A mark: this header holds this text, or the caller's number begins with this prefix. */
export type Mark = {
  readonly says: "internal" | "external" | "group";
} & ({ readonly header: string; readonly contains: string } | { readonly prefix: string });
