import type { Session } from "../sip/user-agent.ts";

/** One side of a call that is up. */
export interface Leg {
  readonly session: Session;
  /** The value of Contact in all that we send on this leg. */
  readonly contact: string;
}

const others = new WeakMap<Session, Leg>();

/** For the bridge: these two are one call. */
export function pair(one: Leg, other: Leg): void {
  others.set(one.session, other);
  others.set(other.session, one);
}

/** The other side of the call that this session is a side of. */
export function otherLegOf(session: Session): Leg | undefined {
  return others.get(session);
}
