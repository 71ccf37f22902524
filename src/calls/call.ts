import type { FailedRelay } from "../forwarding/call-facts.ts";
import type { Decision } from "../forwarding/decide.ts";
import type { CallInProgress, Line } from "../lines/line.ts";
import type { Flow, IncomingInvite, ServerTransaction, SipRequest } from "../sip/user-agent.ts";
import type { CallEnd } from "./call-end.ts";
import type { LineAtPbx } from "./line-at-pbx.ts";
import type { IncomingCall } from "./read-call.ts";

/** A call to a line, from its INVITE until it has ended or left our hands. */
export interface Call {
  readonly id: string;
  readonly line: Line;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly incoming: IncomingCall;
  /** What the line was doing when the call came. */
  readonly lineState: "idle" | "busy";
  /** The latest: it is decided anew at each stage of the call. */
  decision: Decision;
  phase: CallPhase;
}

/** Where a call stands. */
export type CallPhase =
  /** Its final response is sent and not acknowledged yet. */
  | { readonly phase: "answered"; readonly status: number; readonly end: CallEnd }
  /** It rings: phones, a target that it is relayed to, or in the caller's ear alone. */
  | { readonly phase: "ringing" }
  /** Two ends are joined. */
  | { readonly phase: "talking"; readonly answeredAt: number }
  | { readonly phase: "ended"; readonly status: number; readonly end: CallEnd };

/** A call that came and is still in our hands: what an act needs to carry it out. */
export interface CallAtHand {
  readonly call: Call;
  readonly at: LineAtPbx;
  readonly transaction: ServerTransaction;
  readonly request: SipRequest;
  readonly flow: Flow;
  /** When the caller's side was first told that it rings, in the clock's milliseconds. */
  ringingSince?: number;
  /** Relays that it came back from. */
  failedRelays?: readonly FailedRelay[];
  /** As long as the line has the call. */
  inProgress?: CallInProgress;
  /** Once something rings. */
  invite?: IncomingInvite;
}
