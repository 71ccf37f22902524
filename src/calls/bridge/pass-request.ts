import type {
  HeaderFields,
  RequestOutcome,
  ServerTransaction,
  Session,
  SipRequest,
  SipResponse,
} from "../../sip/user-agent.ts";
import { createResponse } from "../../sip/user-agent.ts";
import type { Leg } from "./leg.ts";
import type { OfferExchange } from "./offer-exchange.ts";
import { hopsLeft, requestHeaders, responseHeaders } from "../pass-headers.ts";
import type { Party } from "./party.ts";
import { passInterval } from "../pass-interval.ts";

/** One side of a call, ringing or answered. */
export interface PassingLeg {
  readonly session: Pick<Session, "dialog" | "request">;
  /** The value of Contact in all that we send on this leg. */
  readonly contact: string;
  readonly party: Pick<Party, "told" | "hears">;
}

/** A request within a call on its way from one leg to the other. */
export interface Passage<Side extends PassingLeg = Leg> {
  readonly from: Side;
  readonly to: Side;
  readonly transaction: ServerTransaction;
  readonly request: SipRequest;
  readonly exchange: OfferExchange;
  /** RFC 4028: an INVITE or UPDATE of one end was taken by the other, for so many seconds or without a limit. */
  readonly refreshed: (seconds: number | undefined) => void;
  /** What else it says on the other leg. */
  readonly headers?: HeaderFields;
  /** In place of the Event that it came with. */
  readonly event?: string;
  /** Told the final status; true: it is answered by whoever was told. */
  readonly judges?: (status: number) => boolean;
  /** The end that it was for is not there any more. */
  readonly lost: () => void;
}

// RFC 5057 §5.1: 481 ends the usage that was asked in, and these two are asked in a subscription beside the call.
const ofSubscription = new Set(["NOTIFY", "REFER"]);

/** INFO, MESSAGE, NOTIFY, PRACK, REFER, UPDATE: asked of the other end, whose answer is handed back. */
export function passRequest(passage: Passage<PassingLeg>): void {
  const { from, to, transaction, request, exchange, refreshed, lost } = passage;
  const toTag = transaction.localTag;
  const maxForwards = hopsLeft(request);
  if (maxForwards === undefined) {
    transaction.respond(createResponse(request, 483, undefined, { toTag }));
    return;
  }
  const isOffer = request.method === "UPDATE" && request.body.length > 0;
  const isUpdate = request.method === "UPDATE";
  const bearsContact = isUpdate || request.method === "REFER";
  const interval = isUpdate ? passInterval(request) : undefined;
  const refusal = interval?.refusal ?? (isOffer ? exchange.refusalFor(from) : undefined);
  if (refusal !== undefined) {
    const { status, headers } = refusal;
    transaction.respond(createResponse(request, status, undefined, { toTag, headers }));
    return;
  }
  if (isOffer) exchange.begin(from);
  const headers = [
    ...withEvent(requestHeaders(request), passage.event),
    ...(interval?.headers ?? []),
    ...(passage.headers ?? []),
  ];
  const parts = { headers, maxForwards, ...to.party.told(request) };
  to.session.request(request.method, bearsContact ? { ...parts, contact: to.contact } : parts, {
    onOutcome: (outcome) => {
      if (isOffer) exchange.end();
      const status = statusOf(outcome);
      // RFC 4320 §4.2: a request other than INVITE is never answered 408, since nobody waits for that any more.
      const agreed =
        status < 300 && outcome.kind === "response" ? interval?.agree(outcome.response) : undefined;
      if ((isOffer || request.method === "PRACK") && status < 300) {
        from.party.hears(request);
        if (outcome.kind === "response") to.party.hears(outcome.response);
      }
      if (passage.judges?.(status) === true) return;
      const contact = bearsContact ? from.contact : undefined;
      if (status === 408) transaction.abandon();
      else transaction.respond(handBack(passage, status, outcome, contact, agreed?.headers));
      if (agreed !== undefined) refreshed(agreed.interval);
      if (isUpdate && status < 300) {
        from.session.dialog.refreshTarget(request);
        if (outcome.kind === "response") to.session.dialog.refreshTarget(outcome.response);
      }
      if (isGone(status) && !(status === 481 && ofSubscription.has(request.method))) lost();
    },
  });
}

function withEvent(headers: HeaderFields, event: string | undefined): HeaderFields {
  if (event === undefined) return headers;
  return headers.map(([name, value]) => [name, name === "Event" ? event : value] as const);
}

/** The final status that the end which asked is given. */
export function statusOf(outcome: RequestOutcome): number {
  if (outcome.kind === "timeout") return 408;
  if (outcome.kind === "unreachable") return 480;
  const { status } = outcome.response;
  // A challenge is between us and that end: whoever asked has no password there.
  if (status === 401 || status === 407) return 480;
  // RFC 3261 §8.1.3.4: where that end has moved to is of no use to the other.
  return status >= 300 && status < 400 ? 480 : status;
}

/** RFC 3261 §12.2.1.2: the other end knows the call no more, or is silent. */
export function isGone(status: number): boolean {
  return status === 481 || status === 408;
}

/** The other end's answer, written anew for whoever asked. */
export function handBack(
  { request, transaction, from }: Pick<Passage<PassingLeg>, "request" | "transaction" | "from">,
  status: number,
  outcome: RequestOutcome,
  contact?: string,
  headers: HeaderFields = [],
): SipResponse {
  const answer = outcome.kind === "response" ? outcome.response : undefined;
  return createResponse(request, status, answer?.status === status ? answer.reason : undefined, {
    toTag: transaction.localTag,
    headers: [
      ...(contact === undefined ? [] : [["Contact", contact] as const]),
      ...headers,
      ...(answer === undefined ? [] : responseHeaders(answer)),
    ],
    ...(answer === undefined ? undefined : from.party.told(answer)),
  });
}
