import type { Buffer } from "node:buffer";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { serializeMessage } from "../message/serialize.ts";
import type { Flow, TransportError } from "../transport/transport.ts";
import { createAck } from "./hop-by-hop-requests.ts";
import { to } from "./machine.ts";
import type { Figure } from "./machine.ts";
import { T1 } from "./timers.ts";
import type { Transaction, TransactionHost } from "./transaction-host.ts";
import { TransactionMachine } from "./transaction-machine.ts";
import type { CancellableTransaction, ClientTransactionUser, HeaderFields } from "./transaction-user.ts";

export type State = "calling" | "proceeding" | "completed" | "accepted" | "terminated";

export interface Inputs {
  "1xx": SipResponse;
  "2xx": SipResponse;
  "300-699": SipResponse;
  "CANCEL from TU": HeaderFields;
  "transport error": TransportError;
  "timer A": undefined;
  "timer B": undefined;
  "timer CANCEL": undefined;
  "timer D": undefined;
  "timer M": undefined;
}

// RFC 3261 §17.1.1, figure 5, as RFC 6026 §7.2 mends it: a 2xx leads to accepted, where more 2xx go to the user.
// RFC 3261 §9.1: a CANCEL waits for a provisional response, and the INVITE does not outlive it by more than 32 s.
// RFC 3261 §17.1.4: a transport error is told to the user and ends it, also in proceeding, where the figure has no such
// arrow since nothing is sent there: a connection that closes takes with it what was ringing behind it.
export const entry = to<State, InviteClientTransaction, undefined>(
  "calling",
  sendRequest,
  startTimerA,
  startTimerB,
);

export const figure: Figure<State, Inputs, InviteClientTransaction> = {
  calling: {
    "timer A": to("calling", resendRequest, restartTimerA),
    "timer B": to("terminated", reportTimeout),
    "transport error": to("terminated", reportTransportError),
    "1xx": to("proceeding", sendWaitingCancel, passResponse),
    "2xx": to("accepted", releaseRequest, startTimerM, passResponse),
    "300-699": to("completed", sendAck, releaseRequest, startTimerD, passResponse),
    "CANCEL from TU": to("calling", keepCancelWaiting),
  },
  proceeding: {
    "1xx": to("proceeding", passResponse),
    "2xx": to("accepted", releaseRequest, startTimerM, passResponse),
    "300-699": to("completed", sendAck, releaseRequest, startTimerD, passResponse),
    "CANCEL from TU": to("proceeding", sendCancel),
    "timer CANCEL": to("terminated", reportTimeout),
    "transport error": to("terminated", reportTransportError),
  },
  completed: {
    "300-699": to("completed", resendAck),
    "transport error": to("terminated", countTransportError),
    "timer D": to("terminated"),
  },
  accepted: {
    "2xx": to("accepted", passResponse),
    "timer M": to("terminated"),
  },
  terminated: {},
};

function sendRequest(transaction: InviteClientTransaction): void {
  if (transaction.request === undefined) return;
  transaction.bytes = serializeMessage(transaction.request);
  transaction.send(transaction.bytes);
}

function resendRequest(transaction: InviteClientTransaction): void {
  if (transaction.bytes === undefined) return;
  transaction.host.tally.repeatsSent++;
  transaction.send(transaction.bytes);
}

function startTimerA(transaction: InviteClientTransaction): void {
  transaction.machine.startTimer("A");
}

function restartTimerA(transaction: InviteClientTransaction): void {
  // RFC 3261 §17.1.1.2: the wait doubles without a bound; timer B ends it.
  transaction.repeatMs *= 2;
  transaction.machine.startTimer("A", transaction.repeatMs);
}

function startTimerB(transaction: InviteClientTransaction): void {
  transaction.machine.startTimer("B");
}

function startTimerD(transaction: InviteClientTransaction): void {
  transaction.machine.startTimer("D");
}

function startTimerM(transaction: InviteClientTransaction): void {
  transaction.machine.startTimer("M");
}

function passResponse(transaction: InviteClientTransaction, response: SipResponse): void {
  transaction.user.onResponse(response, transaction.arrivedBy);
}

function sendAck(transaction: InviteClientTransaction, response: SipResponse): void {
  if (transaction.request === undefined) return;
  transaction.bytes = serializeMessage(createAck(transaction.request, response));
  transaction.send(transaction.bytes);
}

function resendAck(transaction: InviteClientTransaction): void {
  transaction.host.tally.repeatsReceived++;
  resendRequest(transaction);
}

/** What is left to be sent is the ACK; for a 2xx it is the user's. */
function releaseRequest(transaction: InviteClientTransaction): void {
  transaction.request = undefined;
  if (transaction.state === "accepted") transaction.bytes = undefined;
}

function keepCancelWaiting(transaction: InviteClientTransaction, headers: HeaderFields): void {
  transaction.waitingCancel = headers;
}

function sendWaitingCancel(transaction: InviteClientTransaction): void {
  if (transaction.waitingCancel !== undefined) sendCancel(transaction, transaction.waitingCancel);
}

function sendCancel(transaction: InviteClientTransaction, headers: HeaderFields): void {
  if (transaction.request === undefined || transaction.isCancelSent) return;
  transaction.isCancelSent = true;
  transaction.host.cancel(transaction.request, transaction.flow, headers);
  transaction.machine.startTimer("CANCEL");
}

function reportTimeout(transaction: InviteClientTransaction): void {
  transaction.host.tally.timeouts++;
  transaction.flow.suspect?.();
  transaction.user.onTimeout();
}

function reportTransportError(transaction: InviteClientTransaction, error: TransportError): void {
  transaction.host.tally.transportErrors++;
  transaction.user.onTransportError(error);
}

/** The user has its final response; that the ACK was lost changes nothing for it. */
function countTransportError(transaction: InviteClientTransaction): void {
  transaction.host.tally.transportErrors++;
}

/** An INVITE that was sent. Users know it as a `CancellableTransaction`; the rest is for the figure's actions. */
export class InviteClientTransaction implements CancellableTransaction, Transaction {
  readonly kind = "invite";
  readonly figureName = "INVITE client";
  readonly key: string;
  readonly branch: string;
  readonly flow: Flow;
  readonly host: TransactionHost;
  readonly user: ClientTransactionUser;
  readonly machine: TransactionMachine<State, Inputs, InviteClientTransaction>;
  readonly #sendFailed = (error: TransportError): void => this.host.sendFailed(this, error);
  request: SipRequest | undefined;
  /** The request as it was sent, later the ACK. */
  bytes: Buffer | undefined;
  /** By which the response at hand came. */
  arrivedBy: Flow;
  waitingCancel: HeaderFields | undefined;
  isCancelSent = false;
  /** How long timer A ran last. */
  repeatMs = T1;

  /** `request` has its Via. */
  constructor(
    host: TransactionHost,
    key: string,
    branch: string,
    request: SipRequest,
    flow: Flow,
    user: ClientTransactionUser,
  ) {
    this.host = host;
    this.key = key;
    this.branch = branch;
    this.request = request;
    this.flow = this.arrivedBy = flow;
    this.user = user;
    this.machine = new TransactionMachine<State, Inputs, InviteClientTransaction>(
      figure,
      entry.to,
      this,
      host,
    );
  }

  get state(): State {
    return this.machine.state;
  }

  cancel(headers: HeaderFields = []): boolean {
    return this.machine.handle("CANCEL from TU", headers);
  }

  /** For the layer. */
  begin(): void {
    this.machine.begin(entry, undefined);
  }

  /** For the layer: a response with this transaction's branch, of status 100 to 699. */
  receive(response: SipResponse, flow: Flow): void {
    this.arrivedBy = flow;
    this.machine.handle(eventOf(response.status), response);
  }

  send(bytes: Buffer): void {
    this.flow.send(bytes, this.#sendFailed);
  }

  transportFailed(error: TransportError): void {
    this.machine.handle("transport error", error);
  }

  close(): void {
    this.machine.stopTimers();
  }
}

function eventOf(status: number): "1xx" | "2xx" | "300-699" {
  if (status < 200) return "1xx";
  return status < 300 ? "2xx" : "300-699";
}
