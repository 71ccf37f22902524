/** How rules stand in the tables of forwardings, and back. */
import type { ForwardingName, StoredForwarding } from "../directory/directory-store.ts";
import type { ForwardingTable } from "./schema.ts";

type Forwarding = NonNullable<StoredForwarding["forwarding"]>;

export function ownerTable(owner: ForwardingName["owner"]): "line_forwarding" | "group_forwarding" {
  return "line" in owner ? "line_forwarding" : "group_forwarding";
}

export function ownerId(owner: ForwardingName["owner"]): string {
  return "line" in owner ? owner.line : owner.group;
}

export function forwardingRow(stored: StoredForwarding): ForwardingTable {
  const rule = stored.forwarding;
  return {
    owner: ownerId(stored.owner),
    when: stored.when,
    callers: stored.callers,
    target: rule?.target ?? null,
    enabled: rule?.enabled === true ? 1 : 0,
    seconds: rule?.seconds ?? null,
    valid_from: rule?.from ?? null,
    valid_until: rule?.until ?? null,
    hours: rule?.hours === undefined ? null : JSON.stringify(rule.hours),
    time_zone: rule?.timeZone ?? null,
    group_calls: truthColumn(rule?.groupCalls),
    mandatory: truthColumn(rule?.mandatory),
    applied_etag: stored.appliedEtag ?? null,
  };
}

export function readForwarding(owner: ForwardingName["owner"], row: ForwardingTable): StoredForwarding {
  const when = row.when as Forwarding["when"];
  const callers = row.callers as Forwarding["callers"];
  const stored = {
    owner,
    when,
    callers,
    ...(row.applied_etag !== null && { appliedEtag: row.applied_etag }),
  };
  if (row.target === null) return stored;
  const rule: Forwarding = {
    when,
    callers,
    target: row.target,
    enabled: row.enabled === 1,
    ...(row.seconds !== null && { seconds: row.seconds }),
    ...(row.valid_from !== null && { from: row.valid_from }),
    ...(row.valid_until !== null && { until: row.valid_until }),
    ...(row.hours !== null && { hours: JSON.parse(row.hours) as NonNullable<Forwarding["hours"]> }),
    ...(row.time_zone !== null && { timeZone: row.time_zone }),
    ...(row.group_calls !== null && { groupCalls: row.group_calls === 1 }),
    ...(row.mandatory !== null && { mandatory: row.mandatory === 1 }),
  };
  return { ...stored, forwarding: rule };
}

function truthColumn(value: boolean | undefined): number | null {
  return value === undefined ? null : Number(value);
}
