import type { Buffer } from "node:buffer";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { serializeMessage } from "../message/serialize.ts";
import type { Flow, TransportError } from "../transport/transport.ts";
import { to } from "./machine.ts";
import type { Figure } from "./machine.ts";
import { T1, T2 } from "./timers.ts";
import type { Transaction, TransactionHost } from "./transaction-host.ts";
import { TransactionMachine } from "./transaction-machine.ts";
import type { ClientTransaction, ClientTransactionUser } from "./transaction-user.ts";

export type State = "trying" | "proceeding" | "completed" | "terminated";

export interface Inputs {
  "1xx": SipResponse;
  "200-699": SipResponse;
  "abandoned by TU": undefined;
  "transport error": TransportError;
  "timer E": undefined;
  "timer F": undefined;
  "timer K": undefined;
}

// RFC 3261 §17.1.2, figure 6.
export const entry = to<State, NonInviteClientTransaction, undefined>(
  "trying",
  sendRequest,
  startTimerE,
  startTimerF,
);

export const figure: Figure<State, Inputs, NonInviteClientTransaction> = {
  trying: {
    "timer E": to("trying", resendRequest, restartTimerE),
    "timer F": to("terminated", reportTimeout),
    "transport error": to("terminated", reportTransportError),
    "1xx": to("proceeding", passResponse),
    "200-699": to("completed", releaseRequest, startTimerK, passResponse),
    "abandoned by TU": to("terminated"),
  },
  proceeding: {
    "timer E": to("proceeding", resendRequest, restartTimerEWithT2),
    "timer F": to("terminated", reportTimeout),
    "transport error": to("terminated", reportTransportError),
    "1xx": to("proceeding", passResponse),
    "200-699": to("completed", releaseRequest, startTimerK, passResponse),
    "abandoned by TU": to("terminated"),
  },
  completed: {
    "1xx": to("completed", countRepeat),
    "200-699": to("completed", countRepeat),
    "timer K": to("terminated"),
  },
  terminated: {},
};

function sendRequest(transaction: NonInviteClientTransaction): void {
  transaction.send();
}

function resendRequest(transaction: NonInviteClientTransaction): void {
  transaction.host.tally.repeatsSent++;
  transaction.send();
}

function startTimerE(transaction: NonInviteClientTransaction): void {
  transaction.machine.startTimer("E");
}

function restartTimerE(transaction: NonInviteClientTransaction): void {
  // RFC 3261 §17.1.2.2: MIN(2*T1, T2), and so on: 500 ms, 1 s, 2 s, 4 s, 4 s, ...
  transaction.repeatMs = Math.min(2 * transaction.repeatMs, T2);
  transaction.machine.startTimer("E", transaction.repeatMs);
}

function restartTimerEWithT2(transaction: NonInviteClientTransaction): void {
  transaction.machine.startTimer("E", T2);
}

function startTimerF(transaction: NonInviteClientTransaction): void {
  transaction.machine.startTimer("F");
}

function startTimerK(transaction: NonInviteClientTransaction): void {
  transaction.machine.startTimer("K");
}

function passResponse(transaction: NonInviteClientTransaction, response: SipResponse): void {
  transaction.user.onResponse(response, transaction.arrivedBy);
}

function countRepeat(transaction: NonInviteClientTransaction): void {
  transaction.host.tally.repeatsReceived++;
}

function releaseRequest(transaction: NonInviteClientTransaction): void {
  transaction.bytes = undefined;
}

function reportTimeout(transaction: NonInviteClientTransaction): void {
  transaction.host.tally.timeouts++;
  transaction.flow.suspect?.();
  transaction.user.onTimeout();
}

function reportTransportError(transaction: NonInviteClientTransaction, error: TransportError): void {
  transaction.host.tally.transportErrors++;
  transaction.user.onTransportError(error);
}

/** A request other than INVITE that was sent. Users know it as a `ClientTransaction`; the rest is for the actions. */
export class NonInviteClientTransaction implements ClientTransaction, Transaction {
  readonly kind = "non-invite";
  readonly figureName = "non-INVITE client";
  readonly key: string;
  readonly branch: string;
  readonly flow: Flow;
  readonly host: TransactionHost;
  readonly user: ClientTransactionUser;
  readonly machine: TransactionMachine<State, Inputs, NonInviteClientTransaction>;
  readonly #sendFailed = (error: TransportError): void => this.host.sendFailed(this, error);
  /** The request, until it is answered. */
  bytes: Buffer | undefined;
  /** By which the response at hand came. */
  arrivedBy: Flow;
  /** How long timer E ran last. */
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
    this.bytes = serializeMessage(request);
    this.flow = this.arrivedBy = flow;
    this.user = user;
    this.machine = new TransactionMachine<State, Inputs, NonInviteClientTransaction>(
      figure,
      entry.to,
      this,
      host,
    );
  }

  get state(): State {
    return this.machine.state;
  }

  /** For the layer. */
  begin(): void {
    this.machine.begin(entry, undefined);
  }

  /** For the layer: a response with this transaction's branch, of status 100 to 699. */
  receive(response: SipResponse, flow: Flow): void {
    this.arrivedBy = flow;
    this.machine.handle(response.status < 200 ? "1xx" : "200-699", response);
  }

  /** Gives up without a word; a response that comes later is nobody's. */
  abandon(): void {
    this.machine.handle("abandoned by TU", undefined);
  }

  send(): void {
    if (this.bytes !== undefined) this.flow.send(this.bytes, this.#sendFailed);
  }

  transportFailed(error: TransportError): void {
    this.machine.handle("transport error", error);
  }

  close(): void {
    this.machine.stopTimers();
  }
}
