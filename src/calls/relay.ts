/**
 * The act of carrying a forwarded call: Divert calls the target over the line and joins the two dialogs (RFC 5359 §2.7,
 * done at the callee's side). For PBXs that follow no 302, or none once it rings, and for targets elsewhere.
 */
import type { Clock, Timer } from "../base/clock.ts";
import type { RandomSource } from "../base/random.ts";
import type { Relay } from "../forwarding/decide.ts";
import type { TargetFailure } from "../forwarding/reasons.ts";
import type { Line } from "../lines/line.ts";
import type {
  EarlyDialog,
  Endpoint,
  IncomingInvite,
  InviteCore,
  InviteFailure,
  OutgoingInvite,
  Session,
  SipRequest,
  SipResponse,
} from "../sip/user-agent.ts";
import { createResponse, parseSipUri } from "../sip/user-agent.ts";
import { authorizeFor } from "./authorize.ts";
import { callHeaders } from "./methods-in-call.ts";
import type { Leg } from "./bridge/leg.ts";
import { contactUriOf, type LineAtPbx } from "./line-at-pbx.ts";
import { EarlyCall } from "./early-call.ts";
import { responseHeaders, withBody } from "./pass-headers.ts";
import type { IntervalPassage } from "./pass-interval.ts";
import { readPhoneAnswer } from "./phone-verdict.ts";
import { createRelayedInvite } from "./relayed-invite.ts";

/** A target that neither answers nor refuses is given up on. */
const longestMs = 10 * 60_000;

/** Why a relayed call did not come about, and the status that the caller's side got. */
export interface RelayFailure {
  /**
   * `refused`: by the target's side, or by us. `notAnswered`: the target did neither answer nor refuse. `lost`: the
   * caller's side.
   */
  readonly kind: "refused" | "unreachable" | "cancelled" | "notAnswered" | "stopped" | "lost";
  readonly status: number;
}

export interface RelayOptions {
  readonly core: InviteCore;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly line: Line;
  readonly at: LineAtPbx;
  readonly incoming: IncomingInvite;
  readonly decision: Relay;
  /** How often the call has been diverted before. */
  readonly diversions: number;
  /** Whether a server is a PBX of ours, or we ourselves: no foreign host may turn out to be that. */
  readonly leadsBack: (server: Endpoint) => boolean;
  /** `hopsLeft` of the INVITE that came. */
  readonly maxForwards: number;
  /** What is said of the session's interval. */
  readonly interval: IntervalPassage;
  /** The target has answered, and the caller's side has its answer: the two are to be joined. Either this or `onFailed`, once. */
  readonly onAnswered: (inbound: Leg, outbound: Leg, interval: number | undefined) => void;
  /** The caller's side has been told. */
  readonly onFailed: (failure: RelayFailure) => void;
  /** In place of `onFailed` where the decision says `ringsPhones`: the caller's side has been told nothing. */
  readonly onReturned: (failure: TargetFailure) => void;
}

/** A call on its way to its target: the caller's side hears 181, and then what the target says. */
export class RelayedCall {
  readonly #options: RelayOptions;
  readonly #outgoing: OutgoingInvite;
  /** Contact on the caller's leg. */
  readonly #contact: string;
  /** Contact on the target's leg, as it left last. */
  #outboundContact = "";
  readonly #targetAt: Leg["at"];
  readonly #longest: Timer;
  readonly #early: EarlyCall;
  #isOver = false;

  constructor(options: RelayOptions) {
    const { core, clock, line, incoming } = options;
    this.#options = options;
    this.#contact = `<${line.contactUri(incoming.flow)}>`;
    this.#early = new EarlyCall({ clock, invite: incoming, contact: this.#contact, passesThrough: true });
    incoming.onCancelled = (cancel) => this.#cancelled(cancel);
    incoming.onLost = (status) => this.#lost(status);
    this.#early.tell(181);
    const { ringsPhones } = options.decision;
    this.#longest =
      ringsPhones === undefined
        ? clock.after(longestMs, () => this.#giveUp("notAnswered", 480))
        : clock.after(ringsPhones.afterSeconds * 1000, () => this.#return("noAnswer"));
    const target = this.#target();
    this.#targetAt = target.isForeign ? "elsewhere" : "pbx";
    this.#outgoing = core.call(this.#invite(target), {
      nextHop: target.nextHop,
      ...(target.connection !== undefined && { way: target.connection }),
      contactFor: (flow) => (this.#outboundContact = `<${line.contactUri(flow, target.contactUser)}>`),
      // RFC 3261 §13.2.1: without an offer in the INVITE the 2xx holds it, and the caller's ACK the answer.
      acknowledgesLater: incoming.request.body.length === 0,
      ...(target.isForeign
        ? { mayGoTo: (server: Endpoint) => !options.leadsBack(server) }
        : { authorize: authorizeFor(line) }),
      onProgress: (response, early) => this.#early.hear({ response, early, contact: this.#outboundContact }),
      onAnswered: (session, response, early) => this.#answered(session, response, early),
      onFailed: (failure) => this.#failed(failure),
    });
  }

  /** Ends it on both sides, unless it is answered. Idempotent. */
  stop(): void {
    this.#giveUp("stopped", 480);
  }

  #target() {
    const { line, at, decision, random } = this.#options;
    const { foreignUri } = decision.target;
    const { way } = line;
    const foreign = foreignUri === undefined ? undefined : parseSipUri(foreignUri);
    if (foreignUri === undefined || foreign === undefined) {
      const uri = contactUriOf(at, decision.target);
      return {
        uri,
        nextHop: way.nextHop,
        connection: way.connection,
        contactUser: undefined,
        isForeign: false,
      };
    }
    // The line's token is between its PBX and us.
    const contactUser = random.token(64);
    return { uri: foreignUri, nextHop: foreign, connection: undefined, contactUser, isForeign: true };
  }

  #invite(target: { readonly uri: string; readonly isForeign: boolean }): SipRequest {
    const { line, at, decision, incoming, random, maxForwards, interval, diversions } = this.#options;
    const { profile } = at.setup;
    return createRelayedInvite(incoming.request, {
      way: line.way,
      contactUri: target.uri,
      isForeign: target.isForeign,
      lineUri: at.lineUri,
      reason: decision.diversionReason,
      diversion: profile.diversion,
      historyInfo: profile.historyInfo,
      relayedFrom: profile.relayedFrom,
      diversions,
      maxForwards,
      callId: random.token(128),
      fromTag: random.token(64),
      headers: [...this.#early.headers, ...interval.headers],
    });
  }

  #answered(session: Session, response: SipResponse, early: EarlyDialog | undefined): void {
    if (this.#isOver) {
      session.hangUp();
      return;
    }
    const { incoming, onAnswered } = this.#options;
    const { interval, headers } = this.#options.interval.agree(response);
    const accepted = incoming.accept(
      {
        contact: this.#contact,
        headers: [...responseHeaders(response), ...callHeaders, ...headers],
        ...withBody(response),
      },
      early,
    );
    if (!accepted.ok) {
      session.hangUp();
      this.#fail({ kind: "refused", status: 400 });
      return;
    }
    this.#finish();
    const { caller, called } = this.#early.parties(response, early);
    onAnswered(
      { session: accepted.value, contact: this.#contact, at: "pbx", party: caller },
      { session, contact: this.#outboundContact, at: this.#targetAt, party: called },
      interval,
    );
  }

  /** What the target's side says is handed back to the caller's, unless the phones are to ring. */
  #failed(failure: InviteFailure): void {
    if (this.#isOver) return;
    const returned = this.#options.decision.ringsPhones && targetFailureOf(failure);
    if (returned !== undefined) {
      this.#return(returned);
      return;
    }
    const { incoming } = this.#options;
    const status = statusOf(failure);
    const answer = failure.kind === "refused" ? failure.response : undefined;
    const isSame = answer?.status === status;
    incoming.refuseWith(
      createResponse(incoming.request, status, isSame ? answer.reason : undefined, {
        toTag: incoming.localTag,
        headers: answer === undefined ? [] : responseHeaders(answer),
        ...(isSame && withBody(answer)),
      }),
    );
    this.#fail({ kind: failure.kind === "refused" ? "refused" : "unreachable", status });
  }

  /** 487 has been sent. RFC 3326: why it was taken back goes on to the target. */
  #cancelled(cancel: SipRequest): void {
    if (this.#isOver) return;
    this.#outgoing.cancel(cancel.headers.all("Reason").map((value) => ["Reason", value] as const));
    this.#fail({ kind: "cancelled", status: 487 });
  }

  /** The call is given back; an answer of the target that crosses is acknowledged and hung up. */
  #return(failure: TargetFailure): void {
    if (this.#isOver) return;
    this.#finish();
    this.#outgoing.cancel();
    this.#options.onReturned(failure);
  }

  #lost(status: number): void {
    if (this.#isOver) return;
    this.#outgoing.cancel();
    this.#fail({ kind: "lost", status });
  }

  #giveUp(kind: "notAnswered" | "stopped", status: number): void {
    if (this.#isOver) return;
    this.#outgoing.cancel();
    this.#options.incoming.refuse(status);
    this.#fail({ kind, status });
  }

  #fail(failure: RelayFailure): void {
    this.#finish();
    this.#options.onFailed(failure);
  }

  #finish(): void {
    this.#isOver = true;
    this.#early.close();
    this.#longest.cancel();
  }
}

/** Undefined: whoever is at the target has refused, or the call itself is at fault; the caller is to know. */
function targetFailureOf(failure: InviteFailure): TargetFailure | undefined {
  const { kind } = readPhoneAnswer(failure);
  if (kind === "busy") return "busy";
  return kind === "unreachable" || kind === "redirected" ? "unreachable" : undefined;
}

/** The final status that the caller's side is given. */
function statusOf(failure: InviteFailure): number {
  if (failure.kind !== "refused") return failure.kind === "timeout" ? 408 : 480;
  const { status } = failure.response;
  // A challenge that the line cannot answer, a target that has moved, a PBX that is overloaded (RFC 3261 §16.7): the
  // caller's side can do nothing about these, and must not take them for ours.
  return status === 401 || status === 407 || status === 503 || status < 400 ? 480 : status;
}
