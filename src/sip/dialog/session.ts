import type { Clock } from "../../base/clock.ts";
import { createResponse } from "../message/build.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { Machine, to } from "../transaction/machine.ts";
import type { Figure } from "../transaction/machine.ts";
import type { RequestSender } from "../transaction/request-sender.ts";
import type { HeaderFields, ServerTransaction } from "../transaction/transaction-user.ts";
import type { DialogTable } from "./dialog-table.ts";
import type { Dialog } from "./dialog.ts";
import type { SentAck } from "./success-ack.ts";
import { SuccessResponse } from "./success-response.ts";

/** What sessions and invitations need of their surroundings. */
export interface InvitePorts {
  readonly clock: Clock;
  readonly sender: RequestSender;
  /** Sends the ACK to a 2xx. */
  readonly acknowledge: (ack: SipRequest, dialog: Dialog) => SentAck;
  readonly table: DialogTable<Session>;
}

/** Who ended a session. `unacknowledged`: the caller never said that it had heard the answer. */
export type SessionEnd = "local" | "remote" | "unacknowledged";

/** `accepted`: answered, the ACK is awaited. `leaving`: hung up meanwhile. */
export type SessionState = "accepted" | "leaving" | "confirmed" | "ended";

export interface SessionInputs {
  ACK: undefined;
  "no ACK": undefined;
  "hang up": HeaderFields;
  BYE: IncomingBye;
}

interface IncomingBye {
  readonly transaction: ServerTransaction;
  readonly request: SipRequest;
}

// RFC 3261 §15: either end says BYE; the one that answered must not before it has seen the ACK, or has waited in vain.
export const figure: Figure<SessionState, SessionInputs, Session> = {
  accepted: {
    ACK: to("confirmed"),
    "no ACK": to("ended", sendBye, tellUnacknowledged),
    "hang up": to("leaving"),
    BYE: to("ended", answerBye, tellRemote),
  },
  leaving: {
    ACK: to("ended", sendBye, tellLocal),
    "no ACK": to("ended", sendBye, tellLocal),
    BYE: to("ended", answerBye, tellRemote),
  },
  confirmed: {
    "hang up": to("ended", sendBye, tellLocal),
    BYE: to("ended", answerBye, tellRemote),
  },
  ended: {},
};

function sendBye(session: Session, headers: HeaderFields = []): void {
  session.sendBye(headers);
}

function answerBye(_session: Session, { transaction, request }: IncomingBye): void {
  transaction.respond(createResponse(request, 200, undefined, { toTag: transaction.localTag }));
}

function tellLocal(session: Session): void {
  session.tellEnd("local");
}

function tellRemote(session: Session): void {
  session.tellEnd("remote");
}

function tellUnacknowledged(session: Session): void {
  session.tellEnd("unacknowledged");
}

/** A call that was answered, from its 2xx to its BYE (RFC 3261 §13 to §15). */
export class Session {
  readonly dialog: Dialog;
  /** Told once, after the BYE has been sent or answered. */
  onEnded: ((end: SessionEnd) => void) | undefined;
  /** Requests other than BYE. Without it, each is refused in a way that leaves the call as it is. */
  onRequest: ((transaction: ServerTransaction, request: SipRequest) => void) | undefined;
  readonly #ports: InvitePorts;
  readonly #machine: Machine<SessionState, SessionInputs, Session>;
  #success: SuccessResponse | undefined;
  /** The CSeq of the INVITE that was answered. */
  #answeredSequence: number | undefined;

  private constructor(ports: InvitePorts, dialog: Dialog, state: SessionState) {
    this.dialog = dialog;
    this.#ports = ports;
    this.#machine = new Machine<SessionState, SessionInputs, Session>(figure, state, this, {
      entered() {},
      ignored() {},
    });
    ports.table.add(dialog.id, this);
  }

  /** The end that called; the 2xx is acknowledged by whoever has it. */
  static ofCaller(ports: InvitePorts, dialog: Dialog): Session {
    return new Session(ports, dialog, "confirmed");
  }

  /** The end that was called: sends the 2xx until it is acknowledged. */
  static ofCallee(
    ports: InvitePorts,
    dialog: Dialog,
    transaction: ServerTransaction,
    success: SipResponse,
  ): Session {
    const session = new Session(ports, dialog, "accepted");
    session.#answeredSequence = dialog.remoteSequence;
    session.#success = new SuccessResponse(ports.clock, {
      send: () => transaction.respond(success),
      acknowledged: () => session.#machine.handle("ACK", undefined),
      unanswered: () => session.#machine.handle("no ACK", undefined),
    });
    return session;
  }

  get state(): SessionState {
    return this.#machine.state;
  }

  /** Ends it, at once or as soon as the ACK has come. Idempotent. */
  hangUp(headers: HeaderFields = []): void {
    this.#machine.handle("hang up", headers);
  }

  /** Stops all timers, sends nothing and tells nobody. Idempotent. */
  close(): void {
    this.#success?.close();
    this.#ports.table.remove(this.dialog.id);
  }

  /** For the core: a request within the dialog. */
  receive(transaction: ServerTransaction, request: SipRequest): void {
    const toTag = transaction.localTag;
    if (!this.dialog.takesInOrder(request)) {
      // RFC 3261 §12.2.2: it was overtaken by a later one.
      transaction.respond(createResponse(request, 500, undefined, { toTag }));
    } else if (request.method === "BYE") {
      this.#machine.handle("BYE", { transaction, request });
    } else if (this.onRequest !== undefined) {
      this.onRequest(transaction, request);
    } else if (request.method === "OPTIONS") {
      transaction.respond(createResponse(request, 200, undefined, { toTag }));
    } else {
      // RFC 3261 §14.2: a re-INVITE that is refused changes nothing.
      const status = request.method === "INVITE" || request.method === "UPDATE" ? 488 : 501;
      transaction.respond(createResponse(request, status, undefined, { toTag }));
    }
  }

  /** For the core: an ACK within the dialog. RFC 3261 §13.2.2.4: it bears the number of the INVITE that it is for. */
  acknowledge(ack: SipRequest): void {
    if (ack.cseq.number === this.#answeredSequence) this.#success?.acknowledge();
  }

  /** For the figure. */
  sendBye(headers: HeaderFields): void {
    const { dialog } = this;
    this.#ports.sender.send(dialog.createRequest("BYE", { headers }), {
      nextHop: dialog.nextHop,
      // RFC 3261 §15.1.1: the session is over whatever the answer is.
      onOutcome() {},
    });
  }

  /** For the figure. */
  tellEnd(end: SessionEnd): void {
    this.close();
    this.onEnded?.(end);
  }
}
