/** What can be changed at the practice PBX while it runs. */
export interface PracticeSettings {
  /** Whether a 302 of a line is followed. If not, the caller is told that nobody is there (480). */
  readonly followsRedirect: boolean;
  /** What the caller of a call hears whose 302 is not followed: 480, the 302 itself, or nothing at all. */
  readonly redirectsUnfollowed: "refused" | "passedOn" | "ignored";
  /** How the called line is told who calls. `From`: nothing else; `P-Asserted-Identity`: From is left as the caller wrote it. */
  readonly namesCallersBy: "P-Asserted-Identity" | "From";
  /** A call that has been diverted more often than this is refused (480). */
  readonly maxDiversions: number;
  /** Whether the caller is told by a 181 that the call goes elsewhere. */
  readonly tellsForwarding: boolean;
  /** For how long a line rings before the caller gets a 480. */
  readonly ringSeconds: number;
}

export const practiceSettings: PracticeSettings = {
  followsRedirect: true,
  redirectsUnfollowed: "refused",
  namesCallersBy: "P-Asserted-Identity",
  maxDiversions: 5,
  tellsForwarding: true,
  ringSeconds: 120,
};

/** An account of the practice PBX. */
export interface PracticeExtension {
  readonly extension: string;
  /** Of the digest; the user name is the extension. */
  readonly password: string;
  readonly name?: string;
  /** Whether the line is offered a call while it is in one. If not, the PBX itself answers 486. Absent: yes. */
  readonly secondCall?: boolean;
  /** The PBX's own forwarding of all calls, which acts before the line is asked. */
  readonly forwardTo?: string;
}
