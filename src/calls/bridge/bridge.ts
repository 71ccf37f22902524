/**
 * Two legs of one call, joined: what one end says the other hears, and when one hangs up the other is hung up on. Bodies
 * pass untouched, so media flows between the ends directly.
 */
import type { Clock } from "../../base/clock.ts";
import { type Leg, pair, unpair } from "./leg.ts";
import { methodsInCall, passedMethods, refusalOfRequire } from "../methods-in-call.ts";
import { OfferExchange } from "./offer-exchange.ts";
import { type Passage, passRequest } from "./pass-request.ts";
import { passReinvite } from "./pass-reinvite.ts";
import { bodyOf } from "../pass-headers.ts";
import { LegProbes } from "./probe-legs.ts";
import type {
  HeaderFields,
  ServerTransaction,
  Session,
  SessionEnd,
  SipRequest,
} from "../../sip/user-agent.ts";
import { createResponse, SessionTimer } from "../../sip/user-agent.ts";

/**
 * `inbound` and `outbound`: that end hung up. `lost`: an end was there no more, or neither refreshed the call.
 * `transferred`: a phone handed the call on.
 */
export type BridgeEnd = "inbound" | "outbound" | "unacknowledged" | "lost" | "ours" | "transferred";

/** What becomes of REFER and of what is said of it, for one call (RFC 3515). */
export interface ReferHandler {
  /** A REFER came and is answered by whoever is told. */
  refer(passage: Passage, bridge: Bridge): void;
  /** A NOTIFY of event `refer` came, and likewise. */
  notify(passage: Passage): void;
  /** What the call ended as, which may be a transfer that one end has carried out. */
  judge(end: BridgeEnd): BridgeEnd;
}

/** Who has entrusted a leg to itself: it outlives the bridge when the other end leaves. */
export interface Heir {
  /** The other end has left; the bridge is over, and nobody has been told but the heir. */
  onLeft(end: BridgeEnd): void;
  /** The call has ended as a whole, and everybody has been told. */
  onOver(): void;
}

export interface BridgeOptions {
  /** Whose call it is. */
  readonly lineId: string;
  readonly clock?: Clock;
  /** RFC 4028: seconds until the first refresh is due, as the ends agreed when the call was answered. */
  readonly interval?: number | undefined;
  /** Told once, when both legs have ended or are about to. */
  readonly onEnded: (end: BridgeEnd) => void;
  /** Told of each bridge that carries the call: the first, and those that take its place. */
  readonly onJoined?: (bridge: Bridge) => void;
  /** Absent: REFER gets 405. */
  readonly transfer?: ReferHandler;
}

/**
 * Joins the leg that came with the leg that we placed. The outbound leg has been answered, the inbound one has been given
 * that answer and may not have acknowledged it yet; the outbound leg's ACK may wait for that (`acknowledgesLater`).
 */
export function join(inbound: Leg, outbound: Leg, options: BridgeOptions): Bridge {
  const bridge = new Bridge(inbound, outbound, options);
  options.onJoined?.(bridge);
  return bridge;
}

/** Two joined legs. */
export class Bridge {
  readonly inbound: Leg;
  readonly outbound: Leg;
  readonly options: BridgeOptions;
  /** The one offer that may be under way. */
  readonly exchange = new OfferExchange();
  readonly #timer: SessionTimer | undefined;
  readonly #probes: LegProbes | undefined;
  #entrusted: { readonly leg: Leg; readonly heir: Heir } | undefined;
  #isOver = false;

  constructor(inbound: Leg, outbound: Leg, options: BridgeOptions) {
    this.inbound = inbound;
    this.outbound = outbound;
    this.options = options;
    const { clock, interval } = options;
    this.#timer = clock && new SessionTimer(clock, () => this.#end("lost", expired));
    this.#timer?.refreshed(interval);
    this.#probes =
      clock &&
      new LegProbes({
        clock,
        legs: [inbound, outbound],
        onLost: () => this.#end("lost", []),
      });
    pair(this, inbound, outbound, options.lineId);
    this.#watch(inbound, outbound, "inbound");
    this.#watch(outbound, inbound, "outbound");
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Somebody is at work on the call already, and another has to wait. */
  get isEntrusted(): boolean {
    return this.#entrusted !== undefined;
  }

  /** From now on the leg outlives the bridge when the other end leaves; until then all goes on as before. */
  entrust(leg: Leg, heir: Heir): void {
    this.#entrusted = { leg, heir };
  }

  /** As before: when one end leaves, so does the other. */
  reclaim(): void {
    this.#entrusted = undefined;
  }

  /** The bridge is over: the leg is the caller's, the other is hung up on. Nobody is told of the end. Idempotent. */
  release(leg: Leg, headers: HeaderFields = []): void {
    if (this.#isOver) return;
    this.#close();
    (leg === this.inbound ? this.outbound : this.inbound).session.hangUp(headers);
  }

  /** The new leg takes the place of one that is hung up on; the call goes on. */
  replace(leg: Leg, by: Leg, interval?: number): Bridge {
    const isInbound = leg === this.inbound;
    this.release(isInbound ? this.outbound : this.inbound);
    const [inbound, outbound] = isInbound ? [by, this.outbound] : [this.inbound, by];
    return join(inbound, outbound, { ...this.options, interval });
  }

  /** Ends both legs. Idempotent. */
  hangUp(headers: HeaderFields = []): void {
    this.#end("ours", headers);
  }

  #watch(leg: Leg, other: Leg, name: "inbound" | "outbound"): void {
    leg.session.onRequest = (transaction, request) => this.#pass(leg, other, transaction, request);
    leg.session.onEnded = (end) => this.#left(leg, nameOf(end, name), reasonOf(leg.session, end));
    if (leg.session.state === "confirmed") return;
    // RFC 3261 §14.1: until the answer is acknowledged neither end may begin a new offer.
    this.exchange.begin(leg);
    leg.session.onAcknowledged = (ack) => {
      leg.party.hears(ack);
      // RFC 3261 §13.2.1: where the 2xx held the offer, the ACK holds the answer.
      other.session.confirm({ ...bodyOf(ack), ...other.party.told(ack) });
      this.exchange.end();
    };
  }

  #left(leg: Leg, end: BridgeEnd, headers: HeaderFields): void {
    const entrusted = this.#entrusted;
    if (this.#isOver || entrusted === undefined || entrusted.leg === leg) {
      this.#end(end, headers);
      return;
    }
    this.#close();
    entrusted.heir.onLeft(end);
  }

  #end(end: BridgeEnd, headers: HeaderFields): void {
    if (this.#isOver) return;
    const heir = this.#entrusted?.heir;
    this.#close();
    this.inbound.session.hangUp(headers);
    this.outbound.session.hangUp(headers);
    this.options.onEnded(this.options.transfer?.judge(end) ?? end);
    heir?.onOver();
  }

  #close(): void {
    this.#isOver = true;
    this.#entrusted = undefined;
    this.#timer?.close();
    this.#probes?.close();
    this.exchange.abort();
    unpair(this, this.inbound, this.outbound);
  }

  #pass(from: Leg, to: Leg, transaction: ServerTransaction, request: SipRequest): void {
    const toTag = transaction.localTag;
    const refuse = (status: number, headers: HeaderFields = []): void =>
      void transaction.respond(createResponse(request, status, undefined, { toTag, headers }));
    if (this.#isOver) {
      refuse(481);
      return;
    }
    const refusal = refusalOfRequire(request, toTag);
    if (refusal !== undefined) {
      transaction.respond(refusal);
      return;
    }
    const lost = (): void => this.#end("lost", []);
    const refreshed = (seconds: number | undefined): void => {
      this.#timer?.refreshed(seconds);
      this.#probes?.heard();
    };
    const passage = { from, to, transaction, request, exchange: this.exchange, refreshed, lost };
    const { transfer } = this.options;
    if (request.method === "INVITE") {
      passReinvite(passage);
    } else if (request.method === "REFER" && transfer !== undefined) {
      transfer.refer(passage, this);
    } else if (isOfRefer(request) && transfer !== undefined) {
      transfer.notify(passage);
    } else if (passedMethods.has(request.method)) {
      passRequest(passage);
    } else if (request.method === "OPTIONS") {
      refuse(200, [["Allow", methodsInCall]]);
    } else {
      refuse(405, [["Allow", methodsInCall]]);
    }
  }
}

/** RFC 3515 §2.4.4: word of what became of a REFER. */
function isOfRefer(request: SipRequest): boolean {
  return request.method === "NOTIFY" && /^\s*refer\s*(?:;|$)/i.test(request.headers.get("Event") ?? "");
}

const expired: HeaderFields = [["Reason", 'SIP;cause=408;text="Session expired"']];

function nameOf(end: SessionEnd, leg: "inbound" | "outbound"): BridgeEnd {
  if (end === "unacknowledged") return "unacknowledged";
  return end === "remote" ? leg : "ours";
}

/** RFC 3326 §2: why one end hung up is told the other. */
function reasonOf(session: Session, end: SessionEnd): HeaderFields {
  if (end === "unacknowledged") return [["Reason", 'SIP;cause=408;text="No ACK"']];
  return session.bye?.headers.all("Reason").map((value) => ["Reason", value] as const) ?? [];
}
