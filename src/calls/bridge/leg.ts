import type { Session } from "../../sip/user-agent.ts";
import type { Bridge } from "./bridge.ts";
import type { Party } from "./party.ts";

/** One side of a call that is up. */
export interface Leg {
  readonly session: Session;
  /** The value of Contact in all that we send on this leg. */
  readonly contact: string;
  /** Where its end is: at the line's PBX, one of the line's phones, or at a host that is neither. */
  readonly at: "pbx" | "phone" | "elsewhere";
  /** What its end has said of itself. */
  readonly party: Party;
}

/** What a session is a side of. */
export interface Side {
  readonly leg: Leg;
  /** The other side of the same call. */
  readonly other: Leg;
  readonly bridge: Bridge;
  /** Whose call it is. */
  readonly lineId: string;
}

const sides = new WeakMap<Session, Side>();

/** For the bridge: it joins these two, as one call of that line. */
export function pair(bridge: Bridge, one: Leg, other: Leg, lineId: string): void {
  sides.set(one.session, { leg: one, other, bridge, lineId });
  sides.set(other.session, { leg: other, other: one, bridge, lineId });
}

/** For the bridge: they are one call no more. */
export function unpair(bridge: Bridge, ...legs: readonly Leg[]): void {
  for (const { session } of legs) if (sides.get(session)?.bridge === bridge) sides.delete(session);
}

/** Undefined as long as the session is not joined with another. */
export function sideOf(session: Session): Side | undefined {
  return sides.get(session);
}
