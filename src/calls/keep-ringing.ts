/**
 * A group may answer 180 instead of a refusal: it rings in the caller's ear until the caller gives up. Nobody is
 * called, but the line has a call.
 */
import type { Clock, Timer } from "../base/clock.ts";
import type { SipRequest, ServerTransaction } from "../sip/user-agent.ts";
import { createResponse } from "../sip/user-agent.ts";

/** RFC 3261 §13.3.1.1: a provisional response repeated every minute keeps proxies from giving the call up. */
const repeatMs = 60_000;
/** A caller who never gives up would hold the line for good. */
const longestMs = 10 * 60_000;

/** How the ringing ended. `lost`: the connection to the caller's side has closed. */
export type KeptRingingEnd = "cancelled" | "notAnswered" | "stopped" | "lost";

export interface KeptRinging {
  readonly request: SipRequest;
  readonly transaction: ServerTransaction;
  readonly contactUri: string;
  readonly clock: Clock;
  /** Told once, when the caller's side has been given that status. */
  readonly onOver: (status: 487 | 480, end: KeptRingingEnd) => void;
}

/** Rings. What it returns stops the ringing with a 480, as when the server stops; idempotent. */
export function keepRinging({ request, transaction, contactUri, clock, onOver }: KeptRinging): () => void {
  const toTag = transaction.localTag;
  const end = clock.after(longestMs, () => finish(480, "notAnswered"));
  let repeat: Timer;
  let isOver = false;

  function ring(): void {
    transaction.respond(
      createResponse(request, 180, undefined, { toTag, headers: [["Contact", `<${contactUri}>`]] }),
    );
    repeat = clock.after(repeatMs, ring);
  }

  function finish(status: 487 | 480, how: KeptRingingEnd): void {
    if (isOver) return;
    isOver = true;
    end.cancel();
    repeat.cancel();
    transaction.respond(createResponse(request, status, undefined, { toTag }));
    onOver(status, how);
  }

  // RFC 3261 §9.2: the INVITE that is taken back is answered 487.
  transaction.onCancel = () => finish(487, "cancelled");
  transaction.onTransportError = () => {
    if (!transaction.flow.isOpen) finish(480, "lost");
  };
  ring();
  return () => finish(480, "stopped");
}
