/** A leg whose other end has left while it is about to be joined with somebody else. */
import type { Clock } from "../../base/clock.ts";
import type { RandomSource } from "../../base/random.ts";
import type { Result } from "../../base/result.ts";
import { fail, succeed } from "../../base/result.ts";
import type { HeaderFields, SipResponse } from "../../sip/user-agent.ts";
import { createResponse } from "../../sip/user-agent.ts";
import { callHeaders, methodsInCall } from "../methods-in-call.ts";
import type { Leg } from "./leg.ts";
import type { MediaDescription } from "../pass-headers.ts";
import { statusOf } from "./pass-request.ts";

/** Answers what it asks meanwhile, and tells when it hangs up. A new bridge takes both over. */
export function holdAlone({ session }: Leg, onLeft: () => void): void {
  session.onEnded = onLeft;
  session.onRequest = (transaction, request) => {
    const { method } = request;
    const toTag = transaction.localTag;
    if (method === "OPTIONS") {
      const headers = [["Allow", methodsInCall]] as const;
      transaction.respond(createResponse(request, 200, undefined, { toTag, headers }));
      return;
    }
    // RFC 3261 §14.2: an offer of ours is about to come; it may try again after that.
    const status = method === "INVITE" || method === "UPDATE" ? 491 : 480;
    transaction.respond(createResponse(request, status, undefined, { toTag }));
  };
}

const mostTries = 3;

/**
 * Offers somebody else's media to an end that is in a call, and to it again when that met an offer of its own. Told once:
 * its 2xx, which the caller acknowledges, or the status that stands for all else.
 */
export function offerTo(
  { clock, random }: { readonly clock: Clock; readonly random: RandomSource },
  leg: Leg,
  media: MediaDescription | undefined,
  onDone: (result: Result<SipResponse, number>) => void,
  further: HeaderFields = [],
): void {
  const { session, contact, party } = leg;
  const offer = media && { ...media, ...party.told(media) };
  const attempt = (triesLeft: number): void => {
    if (session.state === "ended") {
      onDone(fail(481));
      return;
    }
    const headers = [...callHeaders, ...further, ...(offer?.headers ?? [])];
    session.reinvite(
      { ...offer, contact, headers },
      {
        onOutcome: (outcome) => {
          const status = statusOf(outcome);
          if (status === 491 && triesLeft > 1) {
            // RFC 3261 §14.1: the wait of the end that owns the Call-ID, the longer of the two, so that its offer goes first.
            clock.after(2_100 + 10 * Math.floor(190 * random.fraction()), () => attempt(triesLeft - 1));
          } else if (status < 300 && outcome.kind === "response") {
            party.hears(outcome.response);
            onDone(succeed(outcome.response));
          } else onDone(fail(status));
        },
      },
    );
  };
  attempt(mostTries);
}
