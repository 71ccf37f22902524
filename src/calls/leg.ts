import type { Session } from "../sip/user-agent.ts";

/** One side of a call that is up. */
export interface Leg {
  readonly session: Session;
  /** The value of Contact in all that we send on this leg. */
  readonly contact: string;
}

/** What a session is a side of. */
export interface Side {
  /** The other side of the same call. */
  readonly other: Leg;
  /** Whose call it is. */
  readonly lineId: string;
}

const sides = new WeakMap<Session, Side>();

/** For the bridge: these two are one call of that line. */
export function pair(one: Leg, other: Leg, lineId: string): void {
  sides.set(one.session, { other, lineId });
  sides.set(other.session, { other: one, lineId });
}

/** Undefined as long as the session is not joined with another. */
export function sideOf(session: Session): Side | undefined {
  return sides.get(session);
}
