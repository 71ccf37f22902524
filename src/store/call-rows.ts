/** How calls stand in the log's table, and back. */
import type { CallRecord } from "../calls/call-log.ts";
import type { CallTable } from "./schema.ts";

export function callRow(call: CallRecord): CallTable {
  return {
    id: call.id,
    started_at: Math.round(call.startedAt),
    line: call.line,
    caller: call.caller,
    caller_class: call.callerClass,
    called: call.called ?? null,
    line_state: call.lineState,
    action: call.action,
    target: call.target ?? null,
    rule_owner: call.rule?.owner ?? null,
    rule_when: call.rule?.when ?? null,
    rule_callers: call.rule?.callers ?? null,
    status: call.status,
    reasons: JSON.stringify(call.reasons),
    ended_as: call.endedAs,
    duration_ms: call.durationMs === undefined ? null : Math.round(call.durationMs),
  };
}

export function readCall(row: CallTable): CallRecord {
  return {
    id: row.id,
    startedAt: row.started_at,
    line: row.line,
    caller: row.caller,
    callerClass: row.caller_class as CallRecord["callerClass"],
    ...(row.called !== null && { called: row.called }),
    lineState: row.line_state as CallRecord["lineState"],
    action: row.action as CallRecord["action"],
    ...(row.target !== null && { target: row.target }),
    ...(row.rule_owner !== null && {
      rule: {
        owner: row.rule_owner,
        when: row.rule_when,
        callers: row.rule_callers,
      } as NonNullable<CallRecord["rule"]>,
    }),
    status: row.status,
    reasons: JSON.parse(row.reasons) as string[],
    endedAs: row.ended_as,
    ...(row.duration_ms !== null && { durationMs: row.duration_ms }),
  };
}
