/**
 * The directory's durable side, as a port: `store/` implements it for each database. The directory keeps everything
 * in memory and is the only writer; the store reads all once and then takes changes.
 */
import type { Callers, Forwarding, When } from "../forwarding/rules.ts";
import type { Site } from "../numbering/site.ts";
import type { Finding } from "../pbx/finding.ts";
import type { PbxConfiguration } from "../pbx/pbx-configuration.ts";
import type { ProfileConfiguration } from "../pbx/profile-configuration.ts";
import type { StoredDoNotDisturb } from "./do-not-disturb.ts";
import type { ForwardingOwner, LineConfiguration, LineGroup, Role } from "./installation.ts";

/** A line as it is kept: with the token that its Contact carries, the same over restarts. */
export interface Line extends Omit<LineConfiguration, "doNotDisturb"> {
  /** 128 random bits in hexadecimal, unique in the installation. */
  readonly contactToken: string;
}

/** A user as kept: never the password itself. */
export interface User {
  readonly name: string;
  readonly role: Role;
  /** Ids of the lines that are the user's. */
  readonly lines: readonly string[];
  /** Argon2id in PHC form; absent: the user cannot sign in with a password. */
  readonly passwordHash?: string;
}

/** A program's token as kept: never the secret itself. */
export interface Token {
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the secret in hexadecimal. */
  readonly secretHash: string;
}

/** One rule with what is known of its past. */
export interface StoredForwarding {
  readonly owner: ForwardingOwner;
  readonly when: When;
  readonly callers: Callers;
  /** The rule that holds; absent: its user took away what a configuration file had set. */
  readonly forwarding?: Forwarding;
  /** ETag of the rule that a configuration file set last; absent: no file ever set it. */
  readonly appliedEtag?: string;
}

/** Names one stored forwarding. */
export type ForwardingName = Pick<StoredForwarding, "owner" | "when" | "callers">;

/** What checks of a PBX have found out. */
export interface StoredFindings {
  /** Id of the PBX. */
  readonly pbx: string;
  /** Each question once. */
  readonly findings: readonly Finding[];
}

export interface StoredInstallation {
  readonly sites: readonly Site[];
  readonly profiles: readonly ProfileConfiguration[];
  readonly pbxs: readonly PbxConfiguration[];
  readonly groups: readonly LineGroup[];
  readonly lines: readonly Line[];
  readonly users: readonly User[];
  readonly tokens: readonly Token[];
  readonly forwardings: readonly StoredForwarding[];
  readonly doNotDisturb: readonly StoredDoNotDisturb[];
  readonly findings: readonly StoredFindings[];
}

/** Rows of one kind to put (by key, replacing) and names of those to remove. */
export interface RowChanges<Row, Name = string> {
  readonly put: readonly Row[];
  readonly remove: readonly Name[];
}

/**
 * One change of the directory: all of it is kept, or nothing. References are checked when it is committed, so the
 * order within does not matter. Forwardings of a removed line or group go with it, a line's do not disturb, and what was
 * found out of a PBX.
 */
export interface DirectoryChanges {
  readonly sites?: RowChanges<Site>;
  readonly profiles?: RowChanges<ProfileConfiguration>;
  readonly pbxs?: RowChanges<PbxConfiguration>;
  readonly groups?: RowChanges<LineGroup>;
  readonly lines?: RowChanges<Line>;
  readonly users?: RowChanges<User>;
  readonly tokens?: RowChanges<Token>;
  readonly forwardings?: RowChanges<StoredForwarding, ForwardingName>;
  /** By the id of the line. */
  readonly doNotDisturb?: RowChanges<StoredDoNotDisturb>;
  /** By the id of the PBX. */
  readonly findings?: RowChanges<StoredFindings>;
}

export interface DirectoryStore {
  /** Everything that was committed. */
  load(): Promise<StoredInstallation>;
  /**
   * Resolves when the change is synced to disk: it survives `kill -9` and a power cut from then on. Changes that wait
   * at the same time may share one sync; they are kept in the order of the calls. Rejects with a `Refusal`
   * `storage-unavailable` when the disk is full, read-only or gone; then nothing of the change is kept.
   */
  commit(changes: DirectoryChanges): Promise<void>;
}
