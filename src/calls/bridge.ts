/**
 * Two legs of one call, joined: what one end says the other hears, and when one hangs up the other is hung up on. Bodies
 * pass untouched, so media flows between the ends directly.
 */
import type { Clock } from "../base/clock.ts";
import type { Result } from "../base/result.ts";
import { type Leg, pair } from "./leg.ts";
import { OfferExchange } from "./offer-exchange.ts";
import { passRequest } from "./pass-request.ts";
import { passReinvite } from "./pass-reinvite.ts";
import { bodyOf } from "./pass-headers.ts";
import { LegProbes } from "./probe-legs.ts";
import type { HeaderFields, ServerTransaction, Session, SessionEnd, SipRequest } from "../sip/user-agent.ts";
import { createResponse, SessionTimer } from "../sip/user-agent.ts";

/** `inbound` and `outbound`: that end hung up. `lost`: an end was there no more, or neither refreshed the call. */
export type BridgeEnd = "inbound" | "outbound" | "unacknowledged" | "lost" | "ours";

export interface BridgeOptions {
  /** Whose call it is. */
  readonly lineId: string;
  readonly clock?: Clock;
  /** RFC 4028: seconds until the first refresh is due, as the ends agreed when the call was answered. */
  readonly interval?: number | undefined;
  /** Told once, when both legs have ended or are about to. */
  readonly onEnded: (end: BridgeEnd) => void;
  /** RFC 3515: what a REFER of one end says to the other, or the status that refuses it. Absent: 405. */
  readonly mapRefer?: (request: SipRequest, from: Session) => Result<HeaderFields, number>;
}

/** What can be asked of us within a call. */
export const methodsInCall = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, MESSAGE, NOTIFY, REFER";

const passed = new Set(["UPDATE", "INFO", "MESSAGE", "NOTIFY"]);

/**
 * Joins the leg that came with the leg that we placed. The outbound leg has been answered, the inbound one has been given
 * that answer and may not have acknowledged it yet; the outbound leg's ACK may wait for that (`acknowledgesLater`).
 */
export function join(inbound: Leg, outbound: Leg, options: BridgeOptions): Bridge {
  return new Bridge(inbound, outbound, options);
}

/** Two joined legs. */
export class Bridge {
  readonly inbound: Leg;
  readonly outbound: Leg;
  readonly #options: BridgeOptions;
  /** The one offer that may be under way. */
  readonly #exchange = new OfferExchange();
  readonly #timer: SessionTimer | undefined;
  readonly #probes: LegProbes | undefined;
  #isOver = false;

  constructor(inbound: Leg, outbound: Leg, options: BridgeOptions) {
    this.inbound = inbound;
    this.outbound = outbound;
    this.#options = options;
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
    pair(inbound, outbound, options.lineId);
    this.#watch(inbound, outbound, "inbound");
    this.#watch(outbound, inbound, "outbound");
    // RFC 3261 §14.1: until the answer is acknowledged neither end may begin a new offer.
    if (inbound.session.state === "accepted") this.#exchange.begin(inbound);
    inbound.session.onAcknowledged = (ack) => {
      this.#exchange.end();
      // RFC 3261 §13.2.1: where the 2xx held the offer, the ACK holds the answer.
      outbound.session.confirm(bodyOf(ack));
    };
  }

  /** Ends both legs. Idempotent. */
  hangUp(headers: HeaderFields = []): void {
    this.#end("ours", headers);
  }

  #watch(leg: Leg, other: Leg, name: "inbound" | "outbound"): void {
    leg.session.onRequest = (transaction, request) => this.#pass(leg, other, transaction, request);
    leg.session.onEnded = (end) => this.#end(nameOf(end, name), reasonOf(leg.session, end));
  }

  #end(end: BridgeEnd, headers: HeaderFields): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.close();
    this.#probes?.close();
    this.#exchange.abort();
    this.inbound.session.hangUp(headers);
    this.outbound.session.hangUp(headers);
    this.#options.onEnded(end);
  }

  #pass(from: Leg, to: Leg, transaction: ServerTransaction, request: SipRequest): void {
    const toTag = transaction.localTag;
    const refuse = (status: number, headers: HeaderFields = []): void =>
      void transaction.respond(createResponse(request, status, undefined, { toTag, headers }));
    if (this.#isOver) {
      refuse(481);
      return;
    }
    const required = request.headers.values("Require").filter((tag) => tag.toLowerCase() !== "timer");
    if (required.length > 0) {
      // RFC 3261 §8.2.2.3: what one end insists on is between it and us, and we do none of it within a call.
      refuse(420, [["Unsupported", required.join(", ")]]);
      return;
    }
    const lost = (): void => this.#end("lost", []);
    const refreshed = (seconds: number | undefined): void => {
      this.#timer?.refreshed(seconds);
      this.#probes?.heard();
    };
    const passage = { from, to, transaction, request, exchange: this.#exchange, refreshed, lost };
    if (request.method === "INVITE") {
      passReinvite(passage);
    } else if (passed.has(request.method)) {
      passRequest(passage);
    } else if (request.method === "OPTIONS") {
      refuse(200, [["Allow", methodsInCall]]);
    } else if (request.method === "REFER" && this.#options.mapRefer !== undefined) {
      const mapped = this.#options.mapRefer(request, from.session);
      if (mapped.ok) passRequest({ ...passage, headers: mapped.value });
      else refuse(mapped.failure);
    } else {
      refuse(405, [["Allow", methodsInCall]]);
    }
  }
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
