import { explain } from "../forwarding/explain.ts";
import { explainCaller } from "../numbering/explain-caller.ts";
import type { CallRecord } from "./call-log.ts";
import type { Call } from "./call.ts";

/** A call as the log keeps it and events tell it. While it is not over, `endedAs` says how it stands: `answered` or `ringing`. */
export function describeCall(call: Call, durationMs?: number): CallRecord {
  const { decision, incoming, phase } = call;
  const isForwarded = decision.action === "redirect" || decision.action === "relay";
  return {
    id: call.id,
    startedAt: call.startedAt,
    line: call.line.id,
    caller: incoming.caller.shown ?? "anonymous",
    callerClass: incoming.caller.class,
    ...(incoming.called !== undefined && { called: incoming.called }),
    lineState: call.lineState,
    action: decision.action,
    ...(isForwarded && { target: decision.target.canonical, rule: decision.rule }),
    status: phase.phase === "ringing" ? 180 : phase.status,
    reasons: [explainCaller(incoming.caller), ...explain(decision)],
    endedAs: phase.phase === "ended" ? phase.end : phase.phase,
    ...(durationMs !== undefined && { durationMs: Math.round(durationMs) }),
  };
}
