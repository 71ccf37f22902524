import { createResponse } from "../message/build.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import type { Flow, TransportError } from "../transport/transport.ts";
import { to } from "./machine.ts";
import type { Figure } from "./machine.ts";
import { ResponsePath } from "./response-path.ts";
import type { Arrival } from "./response-path.ts";
import { T1, T2 } from "./timers.ts";
import type { Transaction, TransactionHost } from "./transaction-host.ts";
import { TransactionMachine } from "./transaction-machine.ts";
import type { ServerTransaction, ServerTransactionEnd, TransactionUser } from "./transaction-user.ts";

export type State = "proceeding" | "completed" | "confirmed" | "accepted" | "terminated";

export interface Inputs {
  INVITE: Arrival;
  ACK: Arrival;
  "1xx from TU": SipResponse;
  "2xx from TU": SipResponse;
  "300-699 from TU": SipResponse;
  "abandoned by TU": undefined;
  "transport error": TransportError;
  "timer 100": undefined;
  "timer G": undefined;
  "timer H": undefined;
  "timer I": undefined;
  "timer L": undefined;
}

// RFC 3261 §17.2.1, figure 7, as RFC 6026 §7.1 mends it: a 2xx leads to accepted, which takes in copies of the INVITE.
// RFC 6026 §8.8: a transport error is told to the user and changes nothing.
export const entry = to<State, InviteServerTransaction, Arrival>("proceeding", passRequest, startTimer100);

export const figure: Figure<State, Inputs, InviteServerTransaction> = {
  proceeding: {
    INVITE: to("proceeding", repeatResponse),
    "timer 100": to("proceeding", sendTrying),
    "1xx from TU": to("proceeding", sendResponse),
    "2xx from TU": to("accepted", sendResponse, closeMerging, startTimerL),
    "300-699 from TU": to("completed", sendResponse, closeMerging, releaseRequest, startTimerG, startTimerH),
    "transport error": to("proceeding", reportTransportError),
    "abandoned by TU": to("terminated", closeMerging),
  },
  completed: {
    INVITE: to("completed", repeatResponse),
    "timer G": to("completed", resendResponse, restartTimerG),
    ACK: to("confirmed", reportAcknowledged, releaseResponse, startTimerI),
    "timer H": to("terminated", reportTimeout),
    "transport error": to("completed", reportTransportError),
  },
  confirmed: {
    ACK: to("confirmed"),
    "timer I": to("terminated"),
  },
  accepted: {
    INVITE: to("accepted"),
    ACK: to("accepted", passAck),
    "2xx from TU": to("accepted", sendResponse),
    "transport error": to("accepted", reportTransportError),
    "timer L": to("terminated", reportTerminated),
  },
  terminated: {},
};

function passRequest(transaction: InviteServerTransaction, { request, flow }: Arrival): void {
  transaction.user.onRequest(transaction, request, flow);
}

function passAck(transaction: InviteServerTransaction, { request, flow }: Arrival): void {
  transaction.user.onAck(request, flow);
}

function startTimer100(transaction: InviteServerTransaction): void {
  // A user that answers at once, as with a 302, costs no timer.
  if (transaction.state === "proceeding" && !transaction.path.isUsed) transaction.machine.startTimer("100");
}

function sendTrying(transaction: InviteServerTransaction): void {
  // RFC 3261 §17.2.1: the user was silent for 200 ms, so the transaction itself stops the caller's repeats.
  if (transaction.path.isUsed || transaction.request === undefined) return;
  transaction.path.send(createResponse(transaction.request, 100), transaction.request);
}

function sendResponse(transaction: InviteServerTransaction, response: SipResponse): void {
  transaction.path.send(response, transaction.request);
}

function repeatResponse(transaction: InviteServerTransaction, copy: Arrival): void {
  transaction.path.answerCopy(copy);
}

function resendResponse(transaction: InviteServerTransaction): void {
  transaction.path.resend();
}

function closeMerging(transaction: InviteServerTransaction): void {
  transaction.host.closeMerging(transaction);
}

/** A flood of refused calls stands in memory for half a minute: nothing is kept but the bytes to repeat. */
function releaseRequest(transaction: InviteServerTransaction): void {
  transaction.request = undefined;
  transaction.onCancel = undefined;
}

/** It was heard and need not be repeated: nothing but the key stays, to absorb further copies of the ACK. */
function releaseResponse(transaction: InviteServerTransaction): void {
  transaction.path.release();
}

function startTimerG(transaction: InviteServerTransaction): void {
  transaction.machine.startTimer("G");
}

function restartTimerG(transaction: InviteServerTransaction): void {
  // RFC 3261 §17.2.1: the wait doubles up to T2. There is a timer G over unreliable transports alone.
  transaction.repeatMs = Math.min(2 * transaction.repeatMs, T2);
  transaction.machine.startTimer("G", transaction.repeatMs);
}

function startTimerH(transaction: InviteServerTransaction): void {
  transaction.machine.startTimer("H");
}

function startTimerI(transaction: InviteServerTransaction): void {
  transaction.machine.startTimer("I");
}

function startTimerL(transaction: InviteServerTransaction): void {
  transaction.machine.startTimer("L");
}

function reportAcknowledged(transaction: InviteServerTransaction): void {
  transaction.reportEnd("acknowledged");
}

function reportTimeout(transaction: InviteServerTransaction): void {
  transaction.host.tally.timeouts++;
  transaction.reportEnd("timeout");
}

function reportTerminated(transaction: InviteServerTransaction): void {
  transaction.reportEnd("terminated");
}

function reportTransportError(transaction: InviteServerTransaction, error: TransportError): void {
  transaction.host.tally.transportErrors++;
  transaction.onTransportError?.(error);
}

/** An INVITE that came. Users know it as a `ServerTransaction`; what else is open here is for the figure's actions. */
export class InviteServerTransaction implements ServerTransaction, Transaction {
  readonly kind = "invite";
  readonly figureName = "INVITE server";
  readonly key: string;
  readonly flow: Flow;
  readonly host: TransactionHost;
  readonly user: TransactionUser;
  readonly path: ResponsePath;
  readonly machine: TransactionMachine<State, Inputs, InviteServerTransaction>;
  request: SipRequest | undefined;
  onCancel: ((cancel: SipRequest) => void) | undefined;
  onTransportError: ((error: TransportError) => void) | undefined;
  onEnd: ((how: ServerTransactionEnd) => void) | undefined;
  mergeKey: string | undefined;
  /** How long timer G ran last. */
  repeatMs = T1;
  #localTag: string | undefined;
  #isCancelled = false;

  constructor(host: TransactionHost, key: string, { request, flow }: Arrival, user: TransactionUser) {
    this.host = host;
    this.key = key;
    this.request = request;
    this.flow = flow;
    this.user = user;
    this.path = new ResponsePath(host, flow, (error) => host.sendFailed(this, error));
    this.machine = new TransactionMachine<State, Inputs, InviteServerTransaction>(
      figure,
      entry.to,
      this,
      host,
    );
  }

  get state(): State {
    return this.machine.state;
  }

  get localTag(): string {
    return (this.#localTag ??= this.request?.toTag ?? this.host.random.token(64));
  }

  respond(response: SipResponse): boolean {
    return this.machine.handle(eventOf(response.status), response);
  }

  abandon(): void {
    this.machine.handle("abandoned by TU", undefined);
  }

  /** For the layer: hands the request to the user. */
  begin(arrival: Arrival): void {
    this.machine.begin(entry, arrival);
  }

  /** For the layer: a copy of the INVITE came, or an ACK to it. */
  receive(arrival: Arrival): void {
    this.machine.handle(arrival.request.method === "ACK" ? "ACK" : "INVITE", arrival);
  }

  /** For the layer: a CANCEL for this INVITE came. RFC 3261 §9.2: after the final response it changes nothing. */
  cancelled(cancel: SipRequest): void {
    if (this.#isCancelled || this.state !== "proceeding" || this.request === undefined) return;
    this.#isCancelled = true;
    if (this.onCancel !== undefined) this.onCancel(cancel);
    else this.respond(createResponse(this.request, 487, undefined, { toTag: this.localTag }));
  }

  transportFailed(error: TransportError): void {
    this.machine.handle("transport error", error);
  }

  reportEnd(how: ServerTransactionEnd): void {
    const { onEnd } = this;
    this.onEnd = undefined;
    onEnd?.(how);
  }

  close(): void {
    this.machine.stopTimers();
  }
}

function eventOf(status: number): "1xx from TU" | "2xx from TU" | "300-699 from TU" {
  if (status < 200) return "1xx from TU";
  return status < 300 ? "2xx from TU" : "300-699 from TU";
}
