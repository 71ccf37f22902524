import type { IncomingInvite, Session } from "../sip/user-agent.ts";
import { describeSession, sessionDescriptionType } from "./session-description.ts";
import type { SipParty } from "./sip-party.ts";

/** What one who is called does. */
export type Answering =
  /** Rings, then answers after that time. */
  | { readonly kind: "answer"; readonly afterMs: number }
  /** Rings until the caller gives up. */
  | { readonly kind: "ring" }
  | { readonly kind: "refuse"; readonly status: number }
  /** 302: the call goes to that URI. */
  | { readonly kind: "redirect"; readonly contact: string; readonly diversion?: string };

/** Deals with a call that came, as said. `onAnswered` is told when it is taken. */
export function takeCall(
  party: SipParty,
  invite: IncomingInvite,
  user: string,
  answering: Answering,
  onAnswered: (session: Session) => void = () => {},
): void {
  if (answering.kind === "refuse") {
    invite.refuse(answering.status);
    return;
  }
  if (answering.kind === "redirect") {
    const diversion = answering.diversion === undefined ? [] : [["Diversion", answering.diversion] as const];
    invite.refuse(302, [["Contact", `<${answering.contact}>`], ...diversion]);
    return;
  }
  const contact = party.contactFor(user, invite.flow);
  invite.ring({ contact });
  if (answering.kind === "ring") return;
  const pickUp = (): void => {
    const body = describeSession(party.address.host);
    const session = invite.accept({ contact, headers: [sessionDescriptionType], body });
    if (session.ok) onAnswered(session.value);
  };
  const timer = party.surroundings.clock.after(answering.afterMs, pickUp);
  invite.onCancelled = () => timer.cancel();
}
