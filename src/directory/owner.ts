import { type Callers, callers, type When, whens } from "../forwarding/rules.ts";
import type { ForwardingOwner } from "./installation.ts";

/** Names an owner in maps and reports: `line 101`, `group sales`. Ids are unique within their kind alone. */
export function ownerName(owner: ForwardingOwner): string {
  return "line" in owner ? `line ${owner.line}` : `group ${owner.group}`;
}

/** Names one rule for people: `forwarding line 101 busy/external`. */
export function forwardingName(name: {
  readonly owner: ForwardingOwner;
  readonly when: When;
  readonly callers: Callers;
}): string {
  return `forwarding ${ownerName(name.owner)} ${name.when}/${name.callers}`;
}

/** Order in which an owner's rules are listed. */
export function rankOf(key: { readonly when: When; readonly callers: Callers }): number {
  return whens.indexOf(key.when) * callers.length + callers.indexOf(key.callers);
}
