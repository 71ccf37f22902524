import { createResponse } from "../../sip/user-agent.ts";
import { bodyOf, hopsLeft, requestHeaders, responseHeaders } from "../pass-headers.ts";
import { passInterval } from "../pass-interval.ts";
import type { Passage } from "./pass-request.ts";
import { handBack, isGone, statusOf } from "./pass-request.ts";

/**
 * Hold, resume, another codec: a re-INVITE goes to the other end, its answer comes back, and the ACK follows
 * (RFC 3261 §14). With the offer in it the other end is acknowledged at once; without, the ACK waits for the answer.
 */
export function passReinvite(passage: Passage): void {
  const { from, to, transaction, request, exchange, refreshed, lost } = passage;
  const toTag = transaction.localTag;
  const maxForwards = hopsLeft(request);
  const interval = passInterval(request);
  const refusal =
    maxForwards === undefined
      ? { status: 483, headers: [] }
      : (interval.refusal ?? exchange.refusalFor(from));
  if (maxForwards === undefined || refusal !== undefined) {
    const { status, headers } = refusal ?? { status: 483, headers: [] };
    transaction.respond(createResponse(request, status, undefined, { toTag, headers }));
    return;
  }
  const contact = ["Contact", from.contact] as const;
  const parts = {
    contact: to.contact,
    maxForwards,
    headers: [...requestHeaders(request), ...interval.headers],
    ...to.party.told(request),
  };
  const sent = to.session.reinvite(parts, {
    onProvisional: (response) => {
      if (response.status === 100) return;
      const headers = [contact, ...responseHeaders(response)];
      transaction.respond(
        createResponse(request, response.status, undefined, { toTag, headers, ...from.party.told(response) }),
      );
    },
    onOutcome: (outcome) => {
      const status = statusOf(outcome);
      const agreed =
        status < 300 && outcome.kind === "response" ? interval.agree(outcome.response) : undefined;
      const response = handBack(passage, status, outcome, from.contact, agreed?.headers);
      if (agreed !== undefined) {
        refreshed(agreed.interval);
        if (request.body.length > 0) to.session.confirm();
        from.party.hears(request);
        if (outcome.kind === "response") to.party.hears(outcome.response);
        exchange.begin(from);
        from.session.acceptReinvite(transaction, request, response, (ack) => {
          from.party.hears(ack);
          to.session.confirm({ ...bodyOf(ack), ...to.party.told(ack) });
          exchange.end();
        });
        return;
      }
      exchange.end();
      transaction.respond(response);
      if (isGone(status)) lost();
    },
  });
  exchange.begin(from, () => {
    // RFC 3261 §15.1.2: the call has ended, and with it what was asked within it.
    transaction.respond(createResponse(request, 487, undefined, { toTag }));
    sent.cancel();
  });
  // RFC 3261 §9.2: whoever takes it back hears of its end from the other end, which may have said yes already.
  transaction.onCancel = () => sent.cancel();
}
