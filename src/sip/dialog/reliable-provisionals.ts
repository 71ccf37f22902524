import type { Clock } from "../../base/clock.ts";
import type { RandomSource } from "../../base/random.ts";
import { createResponse } from "../message/build.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { readRAck } from "../message/rack.ts";
import type { ServerTransaction } from "../transaction/transaction-user.ts";
import { ReliableProvisional } from "./reliable-provisional.ts";

/** Whoever is given a PRACK answers it. */
export type PrackHandler = (transaction: ServerTransaction, prack: SipRequest) => void;

export interface ReliableProvisionalsUser {
  send(response: SipResponse): void;
  /** One of them was never acknowledged. RFC 3262 §3: the INVITE is to be refused with a 5xx. */
  unanswered(): void;
}

interface Waiting {
  /** The response with that RSeq. */
  readonly make: (number: number) => SipResponse;
  readonly onPrack: PrackHandler | undefined;
}

interface Sent {
  readonly number: number;
  /** Of the INVITE. */
  readonly sequence: number;
  readonly hasSession: boolean;
  readonly provisional: ReliableProvisional;
  readonly onPrack: PrackHandler | undefined;
}

/** Those that may wait for their turn; what comes beyond is not sent, so that whoever it is from says it again. */
const mostWaiting = 8;

/**
 * The reliable provisional responses of one early dialog (RFC 3262 §3): numbered one by one, each sent when the one
 * before is acknowledged, so that they come in order.
 */
export class ReliableProvisionals {
  readonly #clock: Clock;
  readonly #user: ReliableProvisionalsUser;
  #number: number;
  #sent: Sent | undefined;
  #waiting: Waiting[] = [];
  #isOver = false;
  /** Told once, when nothing keeps a 2xx back any more. */
  #onClear: (() => void) | undefined;

  constructor(clock: Clock, random: RandomSource, user: ReliableProvisionalsUser) {
    this.#clock = clock;
    this.#user = user;
    // RFC 3262 §3: the first number is anywhere below 2**31, the next ones are each one higher.
    this.#number = Math.floor(random.fraction() * (2 ** 31 - 1));
  }

  /** Sends it now or when it is its turn. Without `onPrack` its PRACK is answered 200 here. */
  send(make: (number: number) => SipResponse, onPrack?: PrackHandler): void {
    if (this.#isOver || this.#waiting.length >= mostWaiting) return;
    this.#waiting.push({ make, onPrack });
    this.#sendNext();
  }

  /** Takes the PRACK, or refuses it with 481 where it acknowledges nothing that waits for it. */
  take(transaction: ServerTransaction, prack: SipRequest): void {
    const sent = this.#sent;
    const rack = readRAck(prack);
    const isMatch =
      sent !== undefined &&
      rack?.responseNumber === sent.number &&
      rack.sequence === sent.sequence &&
      rack.method === "INVITE";
    if (!isMatch) {
      respond(transaction, prack, rack === undefined ? 400 : 481);
      return;
    }
    // RFC 3262 §3: it is removed before anything else is made of the PRACK, whose copy then matches nothing.
    this.#sent = undefined;
    if (sent.onPrack !== undefined) sent.onPrack(transaction, prack);
    // RFC 3262 §5: an offer in it must be answered, and there is nobody here who could.
    else respond(transaction, prack, prack.body.length === 0 ? 200 : 488);
    sent.provisional.handle("PRACK");
  }

  /**
   * A 2xx is due: `send` is called at once, or as soon as it may be. RFC 3262 §3: as long as a response with a session
   * description is not acknowledged a 2xx would overtake an offer or an answer. Nothing else is sent any more; what is on
   * its way may still be acknowledged.
   */
  finish(send: () => void): void {
    this.#isOver = true;
    this.#waiting = [];
    if (this.#sent?.hasSession === true) {
      this.#onClear = send;
      return;
    }
    this.#sent?.provisional.handle("final response");
    send();
  }

  /** Stops all timers and tells nobody. Idempotent. */
  close(): void {
    this.#isOver = true;
    this.#waiting = [];
    this.#onClear = undefined;
    this.#sent?.provisional.handle("close");
    this.#sent = undefined;
  }

  #sendNext(): void {
    if (this.#sent !== undefined) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    const number = ++this.#number;
    const response = next.make(number);
    const provisional = new ReliableProvisional(this.#clock, {
      send: () => this.#user.send(response),
      acknowledged: () => this.#acknowledged(),
      unanswered: () => this.#user.unanswered(),
    });
    this.#sent = {
      number,
      sequence: response.cseq.number,
      hasSession: response.body.length > 0,
      provisional,
      onPrack: next.onPrack,
    };
  }

  #acknowledged(): void {
    const onClear = this.#onClear;
    this.#onClear = undefined;
    onClear?.();
    this.#sendNext();
  }
}

function respond(transaction: ServerTransaction, request: SipRequest, status: number): void {
  transaction.respond(createResponse(request, status, undefined, { toTag: transaction.localTag }));
}
