import { explain } from "../forwarding/explain.ts";
import { explainCaller } from "../numbering/explain-caller.ts";
import type { CallEnd } from "./call-end.ts";
import type { CallRecord } from "./call-log.ts";
import type { PlacedCall } from "./call-out.ts";
import type { Call, CallPhase } from "./call.ts";

/** A call as the log keeps it and events tell it. While it is not over, `endedAs` says how it stands: `answered`, `ringing` or `talking`. */
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
    status: statusOf(phase),
    reasons: [explainCaller(incoming.caller), ...explain(decision)],
    endedAs: phase.phase === "ended" ? phase.end : phase.phase,
    ...(durationMs !== undefined && { durationMs: Math.round(durationMs) }),
  };
}

/** A call that a phone placed, as the log keeps it. */
export function describePlacedCall(
  { id, line, startedAt, dialled, isBusy, isTransfer = false }: PlacedCall,
  status: number,
  end: CallEnd,
  durationMs: number,
): CallRecord {
  return {
    id,
    startedAt,
    line: line.id,
    caller: line.configuration.extension,
    callerClass: "internal",
    called: dialled,
    lineState: isBusy ? "busy" : "idle",
    action: "dial",
    status,
    reasons: [
      isTransfer ? "A phone of the line transferred its call here." : "A phone of the line placed the call.",
    ],
    endedAs: end,
    durationMs: Math.round(durationMs),
  };
}

function statusOf(phase: CallPhase): number {
  if (phase.phase === "ringing") return 180;
  return phase.phase === "talking" ? 200 : phase.status;
}
