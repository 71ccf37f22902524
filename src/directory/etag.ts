import { hash } from "node:crypto";
import type { Forwarding } from "../forwarding/rules.ts";

const known = new WeakMap<Forwarding, string>();

/** A hash of the rule's content: the same rule has the same tag, over restarts and on every node. No quotes. */
export function etagOf(rule: Forwarding): string {
  let etag = known.get(rule);
  if (etag === undefined) {
    etag = hash("sha256", JSON.stringify(inFixedOrder(rule)), "hex").slice(0, 20);
    known.set(rule, etag);
  }
  return etag;
}

/** The same rule with its keys in one order, whoever made it; what is absent stays absent. */
export function inFixedOrder(rule: Forwarding): Forwarding {
  const { when, callers, target, enabled, seconds, from, until, hours, timeZone, groupCalls, mandatory } =
    rule;
  return {
    when,
    callers,
    target,
    enabled,
    ...(seconds !== undefined && { seconds }),
    ...(from !== undefined && { from }),
    ...(until !== undefined && { until }),
    ...(hours !== undefined && {
      hours: hours.map((stretch) => ({ days: stretch.days, from: stretch.from, to: stretch.to })),
    }),
    ...(timeZone !== undefined && { timeZone }),
    ...(groupCalls !== undefined && { groupCalls }),
    ...(mandatory !== undefined && { mandatory }),
  };
}
