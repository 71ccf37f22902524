/**
 * A group may answer 180 instead of a refusal: it rings in the caller's ear until the caller gives up. Nobody is
 * called, but the line has a call.
 */
import type { Clock } from "../base/clock.ts";
import type { IncomingInvite } from "../sip/user-agent.ts";
import { EarlyCall } from "./early-call.ts";

/** A caller who never gives up would hold the line for good. */
const longestMs = 10 * 60_000;

/** How the ringing ended. `lost`: the caller's side is. */
export type KeptRingingEnd = "cancelled" | "notAnswered" | "stopped" | "lost";

export interface KeptRinging {
  readonly invite: IncomingInvite;
  readonly contactUri: string;
  readonly clock: Clock;
  /** Told once, when the caller's side has been given that status. */
  readonly onOver: (status: number, end: KeptRingingEnd) => void;
}

/** Rings. What it returns stops the ringing with a 480, as when the server stops; idempotent. */
export function keepRinging({ invite, contactUri, clock, onOver }: KeptRinging): () => void {
  const contact = `<${contactUri}>`;
  const early = new EarlyCall({ clock, invite, contact, passesThrough: false });
  const end = clock.after(longestMs, () => refuse("notAnswered"));

  function over(status: number, how: KeptRingingEnd): void {
    end.cancel();
    early.close();
    onOver(status, how);
  }

  function refuse(how: KeptRingingEnd): void {
    if (invite.refuse(480)) over(480, how);
  }

  invite.onCancelled = () => over(487, "cancelled");
  invite.onLost = (status) => over(status, "lost");
  early.tell(180);
  return () => refuse("stopped");
}
