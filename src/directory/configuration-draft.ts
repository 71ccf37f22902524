import type { Site } from "../numbering/site.ts";
import type { PbxConfiguration } from "../pbx/pbx-configuration.ts";
import type {
  LineConfiguration,
  LineGroup,
  OwnedForwarding,
  TokenConfiguration,
  UserConfiguration,
} from "./installation.ts";

/**
 * One item of a configuration that may be faulty in itself. Faulty ones keep their place and their id, so that the
 * rest can be checked against them and one mistake is told once.
 */
export type Drafted<Item> = Item | { readonly faulty: true; readonly id?: string };

/** A configuration that is being checked; every `Configuration` is one. */
export interface ConfigurationDraft {
  readonly sites: readonly Drafted<Site>[];
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
