import type { SipRequest, SipResponse } from "../message/message.ts";
import type { Flow, TransportError } from "../transport/transport.ts";
import { to } from "./machine.ts";
import type { Figure } from "./machine.ts";
import { ResponsePath } from "./response-path.ts";
import type { Arrival } from "./response-path.ts";
import type { Transaction, TransactionHost } from "./transaction-host.ts";
import { TransactionMachine } from "./transaction-machine.ts";
import type { ServerTransaction, ServerTransactionEnd, TransactionUser } from "./transaction-user.ts";

export type State = "trying" | "proceeding" | "completed" | "terminated";

export interface Inputs {
  request: Arrival;
  "1xx from TU": SipResponse;
  "200-699 from TU": SipResponse;
  "408 from TU": SipResponse;
  "abandoned by TU": undefined;
  "transport error": TransportError;
  "timer J": undefined;
}

// RFC 3261 §17.2.2, figure 8.
// RFC 4320 §4.2: a 408 is never sent; the client has given up by itself when it would come.
export const entry = to<State, NonInviteServerTransaction, Arrival>("trying", passRequest);

export const figure: Figure<State, Inputs, NonInviteServerTransaction> = {
  trying: {
    request: to("trying", repeatResponse),
    "1xx from TU": to("proceeding", sendResponse),
    "200-699 from TU": to("completed", sendResponse, closeMerging, releaseRequest, startTimerJ),
    "408 from TU": to("completed", closeMerging, releaseRequest, startTimerJ),
    "abandoned by TU": to("terminated", closeMerging),
  },
  proceeding: {
    request: to("proceeding", repeatResponse),
    "1xx from TU": to("proceeding", sendResponse),
    "200-699 from TU": to("completed", sendResponse, closeMerging, releaseRequest, startTimerJ),
    "408 from TU": to("completed", closeMerging, releaseRequest, startTimerJ),
    "transport error": to("terminated", closeMerging, reportTransportError),
    "abandoned by TU": to("terminated", closeMerging),
  },
  completed: {
    request: to("completed", repeatResponse),
    "200-699 from TU": to("completed"),
    "transport error": to("terminated", reportTransportError),
    "timer J": to("terminated", reportTerminated),
  },
  terminated: {},
};

function passRequest(transaction: NonInviteServerTransaction, { request, flow }: Arrival): void {
  transaction.user.onRequest(transaction, request, flow);
}

function sendResponse(transaction: NonInviteServerTransaction, response: SipResponse): void {
  transaction.path.send(response, transaction.request);
}

/** While the user is still at it there is nothing to repeat, and the copy is dropped. */
function repeatResponse(transaction: NonInviteServerTransaction, copy: Arrival): void {
  transaction.path.answerCopy(copy);
}

function closeMerging(transaction: NonInviteServerTransaction): void {
  transaction.host.closeMerging(transaction);
}

function releaseRequest(transaction: NonInviteServerTransaction): void {
  transaction.request = undefined;
}

function startTimerJ(transaction: NonInviteServerTransaction): void {
  transaction.machine.startTimer("J");
}

function reportTerminated(transaction: NonInviteServerTransaction): void {
  transaction.reportEnd("terminated");
}

function reportTransportError(transaction: NonInviteServerTransaction, error: TransportError): void {
  transaction.host.tally.transportErrors++;
  transaction.onTransportError?.(error);
  transaction.reportEnd("transport-error");
}

/** A request other than INVITE that came. Users know it as a `ServerTransaction`; the rest is for the figure's actions. */
export class NonInviteServerTransaction implements ServerTransaction, Transaction {
  readonly kind = "non-invite";
  readonly figureName = "non-INVITE server";
  readonly key: string;
  readonly flow: Flow;
  readonly host: TransactionHost;
  readonly user: TransactionUser;
  readonly path: ResponsePath;
  readonly machine: TransactionMachine<State, Inputs, NonInviteServerTransaction>;
  request: SipRequest | undefined;
  onTransportError: ((error: TransportError) => void) | undefined;
  onEnd: ((how: ServerTransactionEnd) => void) | undefined;
  mergeKey: string | undefined;
  #localTag: string | undefined;

  constructor(host: TransactionHost, key: string, { request, flow }: Arrival, user: TransactionUser) {
    this.host = host;
    this.key = key;
    this.request = request;
    this.flow = flow;
    this.user = user;
    this.path = new ResponsePath(host, flow, (error) => host.sendFailed(this, error));
    this.machine = new TransactionMachine<State, Inputs, NonInviteServerTransaction>(
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

  /** For the layer: a copy of the request came. */
  receive(arrival: Arrival): void {
    this.machine.handle("request", arrival);
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

function eventOf(status: number): "1xx from TU" | "200-699 from TU" | "408 from TU" {
  if (status < 200) return "1xx from TU";
  return status === 408 ? "408 from TU" : "200-699 from TU";
}
