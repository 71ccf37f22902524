import type { Site } from "../numbering/site.ts";
import type { PbxConfiguration } from "../pbx/pbx-configuration.ts";
import type { ProfileConfiguration } from "../pbx/profile-configuration.ts";
import type {
  LineConfiguration,
  LineGroup,
  OwnedForwarding,
  TokenConfiguration,
  UserConfiguration,
} from "./installation.ts";

/**
 * An item that is faulty in itself, so far that it cannot be read. It keeps its place, its id, and what it refers to
 * (`{ group: "sales" }`), so that all else is checked against it and one mistake is told once.
 */
export interface Faulty {
  readonly faulty: true;
  readonly id?: string;
  readonly refersTo?: Readonly<
    Partial<Record<"basedOn" | "profile" | "site" | "pbx" | "group" | "line", string>>
  >;
}

export type Drafted<Item> = Item | Faulty;

/** A configuration that is being checked; every `Configuration` is one. */
export interface ConfigurationDraft {
  readonly sites: readonly Drafted<Site>[];
  readonly profiles: readonly Drafted<ProfileConfiguration>[];
  readonly pbxs: readonly Drafted<PbxConfiguration>[];
  readonly groups: readonly Drafted<LineGroup>[];
  readonly lines: readonly Drafted<LineConfiguration>[];
  readonly users: readonly Drafted<UserConfiguration>[];
  readonly tokens: readonly Drafted<TokenConfiguration>[];
  readonly forwardings: readonly Drafted<OwnedForwarding>[];
}

export function isSound<Item extends object>(item: Drafted<Item>): item is Item {
  return !("faulty" in item);
}
