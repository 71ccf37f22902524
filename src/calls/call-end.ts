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
  /** The group's answer was given and acknowledged. */
  refused: "callee",
  /** The caller gave up. */
  cancelled: "caller",
  /** It rang for as long as a call may ring. */
  notAnswered: "callee",
  /** The final response was repeated for 32 seconds and never acknowledged. */
  notAcknowledged: "pbx",
  /** The response could not be sent, or the transaction ended without an acknowledgement being due. */
  lost: "pbx",
  /** Divert was stopped while the call rang. */
  stopped: "ours",
} as const satisfies Record<string, CallEndSide>;
