import type { Session } from "../sip/user-agent.ts";

/** One side of a call that is up. */
export interface Leg {
  readonly session: Session;
  /** The value of Contact in all that we send on this leg. */
  readonly contact: string;
}
