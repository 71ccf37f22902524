/**
 * A call that rings, and what is said within it meanwhile: the caller hears what whoever is called says, reliably where both
 * can do that (RFC 3262), and either asks the other in its early dialog (PRACK, UPDATE, INFO).
 *
 * One end that is called, be it a phone, a relay's target or whoever a phone dials, is passed through: 100rel is offered to
 * it when the caller's side knows it, its early media are the caller's, and the caller's PRACK is what acknowledges its
 * reliable responses. What it says unreliably is told reliably to a caller who insists on that. Several phones are not
 * offered 100rel and their media do not pass: nobody can listen to all of them, and which one will answer is not known
 * (RFC 3960 §3.1); their ringing is Divert's own, which is told reliably to a caller who insists on that.
 */
import type { Clock, Timer } from "../base/clock.ts";
import type {
  EarlyDialog,
  HeaderFields,
  IncomingInvite,
  ServerTransaction,
  SipMessage,
  SipRequest,
  SipResponse,
} from "../sip/user-agent.ts";
import { createResponse, rackOf, readRSeq } from "../sip/user-agent.ts";
import { methodsInCall, passedMethods, refusalOfRequire } from "./methods-in-call.ts";
import { OfferExchange } from "./bridge/offer-exchange.ts";
import { Party } from "./bridge/party.ts";
import { responseHeaders, withBody } from "./pass-headers.ts";
import { type PassingLeg, passRequest } from "./bridge/pass-request.ts";

/** RFC 3261 §13.3.1.1: a provisional response repeated every minute keeps proxies from giving the call up. */
const repeatMs = 60_000;

export interface EarlyCallOptions {
  readonly clock: Clock;
  readonly invite: IncomingInvite;
  /** Contact towards the caller. */
  readonly contact: string;
  /** One end is called, and no other. */
  readonly passesThrough: boolean;
}

/** Someone who rings for the call. */
export interface RingingEnd {
  readonly response: SipResponse;
  readonly early: EarlyDialog | undefined;
  /** Contact towards that end. */
  readonly contact: string;
}

/** A side of the call as long as it rings: what it said last of its media is kept for when it is answered. */
class EarlySide implements PassingLeg {
  readonly session: EarlyDialog;
  readonly contact: string;
  readonly party = {
    hears: (message: SipMessage): void => {
      if (message.body.length > 0) this.last = message;
    },
    told: withBody,
  };
  last: SipMessage | undefined;

  constructor(session: EarlyDialog, contact: string) {
    this.session = session;
    this.contact = contact;
  }
}

export class EarlyCall {
  readonly #options: EarlyCallOptions;
  readonly #exchange = new OfferExchange();
  readonly #sides = new WeakMap<EarlyDialog, EarlySide>();
  /** By who is called: the caller, as it hears that end. */
  readonly #callers = new WeakMap<EarlyDialog, EarlySide>();
  #repeat: Timer | undefined;
  #isOver = false;

  constructor(options: EarlyCallOptions) {
    this.#options = options;
  }

  /** What the INVITE says of it that goes on to whoever is called. */
  get headers(): HeaderFields {
    const { invite, passesThrough } = this.#options;
    return passesThrough && invite.reliability !== "unknown" ? [["Supported", "100rel"]] : [];
  }

  /** Divert itself says so, and says it again every minute until there is something new. */
  tell(status: number): void {
    this.#ring(status, []);
  }

  /** Whoever is called says that it rings, or is about to; `status`, if the caller is to hear another. */
  hear(end: RingingEnd, status = end.response.status): void {
    const { response, early } = end;
    const { invite, passesThrough, contact } = this.#options;
    // RFC 6228 §4: 199 ends one early dialog of several; the caller's goes on.
    if (this.#isOver || status === 199 || (readRSeq(response) !== undefined && !this.#passesReliably)) {
      early?.acknowledge(response);
    }
    if (this.#isOver || status === 199) return;
    if (!passesThrough || early === undefined) {
      this.#ring(
        status,
        passesThrough ? responseHeaders(response) : [],
        passesThrough ? response : undefined,
      );
      return;
    }
    const called = this.#join(end, early);
    if (readRSeq(response) === undefined || !this.#passesReliably) {
      this.#ring(status, responseHeaders(response), response, early);
      return;
    }
    called.party.hears(response);
    // RFC 3311 §5.1: only where Allow has named it may UPDATE be asked for in an early dialog.
    const headers = [["Allow", methodsInCall], ...responseHeaders(response)] as const;
    invite.ring({ contact, headers, ...withBody(response) }, status, {
      from: early,
      onPrack: (transaction, prack) => {
        const passage = this.#passage(this.#callerOf(early), called, transaction, prack);
        passRequest({ ...passage, headers: [["RAck", rackOf(response) ?? ""]] });
      },
    });
    this.#repeatLater(() => invite.ring({ contact }, status, { from: early }));
  }

  /** What both have said of themselves, now that `from` has answered with that 2xx. */
  parties(response: SipResponse, from: EarlyDialog | undefined): { caller: Party; called: Party } {
    const { request } = this.#options.invite;
    const ofCaller = from && this.#callers.get(from)?.last;
    const ofCalled = response.body.length > 0 ? undefined : from && this.#sides.get(from)?.last;
    const caller = new Party(request, ofCalled ?? response);
    const called = new Party(response, ofCaller ?? request);
    if (ofCaller !== undefined) caller.hears(ofCaller);
    if (ofCalled !== undefined) called.hears(ofCalled);
    return { caller, called };
  }

  /** It rings no more: it has been answered, refused or taken back. Idempotent. */
  close(): void {
    this.#isOver = true;
    this.#repeat?.cancel();
  }

  get #passesReliably(): boolean {
    const { invite, passesThrough } = this.#options;
    return passesThrough && invite.reliability !== "unknown";
  }

  #ring(status: number, headers: HeaderFields, response?: SipResponse, from?: EarlyDialog): void {
    const { invite, contact } = this.#options;
    const parts = { contact, headers, ...(response !== undefined && withBody(response)) };
    invite.ring(parts, status, { from });
    // What a caller has been given reliably is not given again.
    const again = invite.reliability === "required" ? { contact } : parts;
    this.#repeatLater(() => invite.ring(again, status, { from }));
  }

  #repeatLater(ring: () => void): void {
    this.#repeat?.cancel();
    if (this.#isOver) return;
    this.#repeat = this.#options.clock.after(repeatMs, () => {
      ring();
      this.#repeatLater(ring);
    });
  }

  /** What either asks in the early dialog is asked of the other. */
  #join({ contact }: RingingEnd, early: EarlyDialog): EarlySide {
    const called = this.#sideOf(early, contact);
    const dialog = this.#options.invite.dialogWith(early);
    if (dialog === undefined) return called;
    const caller = this.#sideOf(dialog.early, this.#options.contact);
    this.#callers.set(early, caller);
    dialog.onRequest = (transaction, request) => this.#pass(caller, called, transaction, request);
    early.onRequest = (transaction, request) =>
      this.#pass(called, this.#callerOf(early), transaction, request);
    return called;
  }

  #sideOf(early: EarlyDialog, contact: string): EarlySide {
    const known = this.#sides.get(early);
    if (known !== undefined) return known;
    const side = new EarlySide(early, contact);
    this.#sides.set(early, side);
    return side;
  }

  /** Another end may have been given the dialog meanwhile in which both were heard. */
  #callerOf(early: EarlyDialog): EarlySide {
    const { invite, contact } = this.#options;
    const dialog = invite.dialogWith(early)?.early;
    const caller = dialog === undefined ? this.#callers.get(early) : this.#sideOf(dialog, contact);
    if (caller === undefined) return this.#sideOf(early, contact);
    this.#callers.set(early, caller);
    return caller;
  }

  #pass(from: PassingLeg, to: PassingLeg, transaction: ServerTransaction, request: SipRequest): void {
    const toTag = transaction.localTag;
    const refusal = refusalOfRequire(request, toTag);
    if (refusal !== undefined) transaction.respond(refusal);
    else if (passedMethods.has(request.method)) passRequest(this.#passage(from, to, transaction, request));
    else {
      const status = request.method === "OPTIONS" ? 200 : request.method === "PRACK" ? 481 : 405;
      const headers = [["Allow", methodsInCall]] as const;
      transaction.respond(createResponse(request, status, undefined, { toTag, headers }));
    }
  }

  #passage(from: PassingLeg, to: PassingLeg, transaction: ServerTransaction, request: SipRequest) {
    return {
      ...{ from, to, transaction, request, exchange: this.#exchange },
      // The interval is agreed on with the answer.
      refreshed: () => undefined,
      // What the other end does not know any more ends by the answer to its INVITE.
      lost: () => undefined,
    };
  }
}
