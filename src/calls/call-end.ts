import type { HeaderFields } from "../sip/user-agent.ts";
import type { BridgeEnd } from "./bridge/bridge.ts";

/**
 * How a call ended, as far as Divert saw it: a small taxonomy that feeds call log and metrics. What became of a
 * redirected call is known to the PBX alone.
 */
export type CallEnd = keyof typeof callEnds;

/** On whose side the cause lies; `success`: the call went where it should. */
export type CallEndSide = "success" | "caller" | "callee" | "pbx" | "ours";

export const callEnds = {
  /** The PBX acknowledged the 302 and has the call. */
  redirected: "success",
  /** They talked, and the caller hung up. */
  hungUpByCaller: "success",
  /** They talked, and the one who was called hung up. */
  hungUpByCallee: "success",
  /** They talked, and one of them handed the call on: it goes on without the line's phone. */
  transferred: "success",
  /** The group's answer, or a callee's, was given and acknowledged. */
  refused: "callee",
  /** The caller gave up. */
  cancelled: "caller",
  /** It rang for as long as a call may ring. */
  notAnswered: "callee",
  /** The callee could not be reached. */
  unreachable: "callee",
  /** The final response was repeated for 32 seconds and never acknowledged. */
  notAcknowledged: "pbx",
  /** The response could not be sent, or an end was there no more. */
  lost: "pbx",
  /** Divert was stopped while the call was up. */
  stopped: "ours",
} as const satisfies Record<string, CallEndSide>;

/** How a call that was answered ended, by how its bridge did. */
export const endsOfTalk = {
  inbound: "hungUpByCaller",
  outbound: "hungUpByCallee",
  transferred: "transferred",
  unacknowledged: "notAcknowledged",
  lost: "lost",
  ours: "stopped",
} as const satisfies Record<BridgeEnd, CallEnd>;

/** RFC 3326 §2: what both ends of a call hear that is ended because Divert stops. */
export const stopped: HeaderFields = [["Reason", 'SIP;cause=503;text="Server stops"']];
