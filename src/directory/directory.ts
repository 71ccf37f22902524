import type { RandomSource } from "../base/random.ts";
import type { CompiledRules } from "../forwarding/compile-rules.ts";
import type { Callers, Forwarding, When } from "../forwarding/rules.ts";
import type { NumberPlan } from "../numbering/number-plan.ts";
import type { Site } from "../numbering/site.ts";
import type { PbxConfiguration } from "../pbx/pbx-configuration.ts";
import type { Profile } from "../pbx/profile.ts";
import type { Credentials } from "./credentials.ts";
import type { DirectoryEvent } from "./directory-event.ts";
import type { DirectoryStore, Line, Token, User } from "./directory-store.ts";
import type { Configuration, ForwardingOwner, LineGroup } from "./installation.ts";

export interface DirectoryOptions {
  readonly store: DirectoryStore;
  readonly random: RandomSource;
  readonly credentials: Credentials;
}

/** A line with all that its calls and its registration depend on. */
export interface LineSetup {
  readonly line: Line;
  readonly group: LineGroup;
  readonly pbx: PbxConfiguration;
  readonly site: Site;
  /** The PBX's profile with its own keys laid over. */
  readonly profile: Profile;
  readonly plan: NumberPlan;
}

/** A rule that holds, with the tag for `If-Match`: a hash of its content, without quotes. */
export interface CurrentForwarding {
  readonly forwarding: Forwarding;
  readonly etag: string;
}

/** What a caller hands in to set a rule; `enabled` absent is true. */
export type ForwardingInput = Omit<Forwarding, "enabled"> & { readonly enabled?: boolean };

export interface ChangeOptions {
  /** ETag that the rule must still have, or `*`: it must exist; otherwise refused with `precondition-failed`. */
  readonly ifMatch?: string;
  /** Who changes: name of a user or token, or `local`. */
  readonly actor: string;
}

export interface SetForwardingResult extends CurrentForwarding {
  readonly created: boolean;
  readonly warnings: readonly Warning[];
}

/** What is allowed but may not do what was meant. Codes are stable. */
export interface Warning {
  readonly code:
    "chain" | "no-second-call" | "second-call-unknown" | "close-to-ring-limit" | "target-is-caller";
  readonly message: string;
}

export interface ApplyOptions {
  /** Removes what the configuration does not name; rules that users set or changed themselves stay. */
  readonly prune?: boolean;
  /** Who applies; absent: `configuration`. */
  readonly actor?: string;
}

/** What `apply` did, by name: `line 101`, `forwarding line 101 busy/external`. */
export interface ApplyReport {
  readonly created: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly unchanged: number;
  /** Rules that stay as their user has set them since, though the configuration says otherwise. */
  readonly kept: readonly string[];
  readonly warnings: readonly Warning[];
}

/**
 * Who and what there is, and which rules hold: the whole installation in memory, the one place that changes it. A
 * change is on disk before its promise resolves, and holds for the next call from then on.
 */
export class Directory {
  private constructor(options: DirectoryOptions) {
    void options;
  }

  /** Reads all from the store. Rejects with `storage-unavailable` when that cannot be read. */
  static async open(options: DirectoryOptions): Promise<Directory> {
    return Promise.resolve(new Directory(options));
  }

  /** Whether a user or a token exists: then every request to the API needs sign-in. */
  get needsSignIn(): boolean {
    throw new Error("not written yet");
  }

  get lineCount(): number {
    throw new Error("not written yet");
  }

  declare readonly sites: () => Iterable<Site>;
  declare readonly pbxs: () => Iterable<PbxConfiguration>;
  declare readonly groups: () => Iterable<LineGroup>;
  declare readonly lines: () => Iterable<Line>;
  declare readonly users: () => Iterable<User>;
  declare readonly tokens: () => Iterable<Token>;
  declare readonly findSite: (id: string) => Site | undefined;
  declare readonly findPbx: (id: string) => PbxConfiguration | undefined;
  declare readonly findGroup: (id: string) => LineGroup | undefined;
  declare readonly findLine: (id: string) => Line | undefined;
  declare readonly findUser: (name: string) => User | undefined;
  declare readonly findToken: (name: string) => Token | undefined;
  declare readonly findLineByContactToken: (token: string) => Line | undefined;
  declare readonly findLineByExtension: (pbxId: string, extension: string) => Line | undefined;
  declare readonly findLineByPhone: (username: string) => Line | undefined;
  declare readonly linesOfGroup: (groupId: string) => Iterable<Line>;
  declare readonly linesOfPbx: (pbxId: string) => Iterable<Line>;
  /** The line with its group, PBX, site, profile and numbering; remembered until one of them changes. */
  declare readonly setupOf: (lineId: string) => LineSetup | undefined;
  /** The line's own and its group's rules in the order in which a call tries them; remembered likewise. */
  declare readonly rulesOf: (lineId: string) => CompiledRules | undefined;

  /** The owner's rules in the order of `whens` and `callers`. Throws the refusal `unknown-line` or `unknown-group`. */
  declare readonly forwardings: (owner: ForwardingOwner) => readonly CurrentForwarding[];
  declare readonly findForwarding: (
    owner: ForwardingOwner,
    when: When,
    callers: Callers,
  ) => CurrentForwarding | undefined;

  /**
   * Sets a rule, in place of the one of the same `when` and `callers`. Rejects with a `Refusal`: `unknown-line`,
   * `unknown-group`, `invalid-input`, `invalid-target`, `target-is-self`, `target-barred`, `precondition-failed`,
   * `storage-unavailable`; then the old rule holds on.
   */
  declare readonly setForwarding: (
    owner: ForwardingOwner,
    input: ForwardingInput,
    options: ChangeOptions,
  ) => Promise<SetForwardingResult>;

  /** Rejects with `no-such-forwarding` when there is none, and as `setForwarding` does. */
  declare readonly removeForwarding: (
    owner: ForwardingOwner,
    key: { readonly when: When; readonly callers: Callers },
    options: ChangeOptions,
  ) => Promise<void>;

  /**
   * Brings a configuration in: all or nothing, and applying it again changes nothing. Rejects with
   * `invalid-configuration` and every fault, or with `storage-unavailable`.
   */
  declare readonly apply: (configuration: Configuration, options?: ApplyOptions) => Promise<ApplyReport>;

  /** Tells of each change once it is on disk and holds. Returns the way to stop. A listener must not throw. */
  declare readonly onChange: (listener: (event: DirectoryEvent) => void) => () => void;
}
