import type { Decision } from "../forwarding/decide.ts";
import type { Line } from "../lines/line.ts";
import type { CallEnd } from "./call-end.ts";
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
  readonly decision: Decision;
  phase: CallPhase;
}

/** Where a call stands. */
export type CallPhase =
  /** Its final response is sent and not acknowledged yet. */
  | { readonly phase: "answered"; readonly status: number; readonly end: CallEnd }
  /** It rings in the caller's ear, for as long as the caller waits. */
  | { readonly phase: "ringing"; stop(): void }
  | { readonly phase: "ended"; readonly status: number; readonly end: CallEnd };
