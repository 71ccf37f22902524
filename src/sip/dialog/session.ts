import type { Clock } from "../../base/clock.ts";
import type { RandomSource } from "../../base/random.ts";
import { createResponse } from "../message/build.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { Machine, to } from "../transaction/machine.ts";
import type { Figure } from "../transaction/machine.ts";
import type { RequestSender } from "../transaction/request-sender.ts";
import type { SentRequest } from "../transaction/request-sender.ts";
import type { HeaderFields, ServerTransaction } from "../transaction/transaction-user.ts";
import type { Flow } from "../transport/transport.ts";
import { DialogRequest } from "./dialog-request.ts";
import type { Authorize, DialogRequestUser } from "./dialog-request.ts";
import type { DialogId } from "./dialog-id.ts";
import type { DialogTable } from "./dialog-table.ts";
import type { Dialog, DialogRequestParts } from "./dialog.ts";
import type { OpenByes } from "./open-byes.ts";
import type { EarlyDialog } from "./early-dialog.ts";
import { PendingAck } from "./pending-ack.ts";
import { refusalWithinCall } from "./refusal-within-call.ts";
import type { ReliableProvisionals } from "./reliable-provisionals.ts";
import type { SentAck } from "./success-ack.ts";
import { SuccessResponse } from "./success-response.ts";
import type { Way } from "./way.ts";

/** What sessions and invitations need of their surroundings. */
export interface InvitePorts {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly sender: RequestSender;
  /** Sends the ACK to a 2xx. */
  readonly acknowledge: (ack: SipRequest, dialog: Dialog, way?: Way) => SentAck;
  readonly table: DialogTable<Session>;
  readonly byes: OpenByes;
  readonly early: DialogTable<EarlyDialog>;
}

/** Who ended a session. `unacknowledged`: the caller never said that it had heard the answer, or what came before it. */
export type SessionEnd = "local" | "remote" | "unacknowledged";

/**
 * `held`: answered, but the caller has not said yet that it has heard what came before. `accepted`: the ACK is awaited.
 * `leaving`: hung up meanwhile.
 */
export type SessionState = "held" | "accepted" | "leaving" | "confirmed" | "ended";

export interface SessionInputs {
  "all acknowledged": undefined;
  "no PRACK": undefined;
  /** With the status that the INVITE is refused with. */
  "taken back": number;
  ACK: undefined;
  "no ACK": undefined;
  "hang up": HeaderFields;
  stop: HeaderFields;
  BYE: IncomingBye;
}

interface IncomingBye {
  readonly transaction: ServerTransaction;
  readonly request: SipRequest;
}

/** What a call that came is answered with. */
export interface Answering {
  readonly transaction: ServerTransaction;
  /** The CSeq of the INVITE. */
  readonly sequence: number;
  readonly success: SipResponse;
  /** Refuses the INVITE, as long as the 2xx has not been sent. */
  readonly refuse: (status: number) => void;
  /** What the caller has been told reliably before. */
  readonly provisionals: ReliableProvisionals;
}

// RFC 3262 §3: the 2xx waits until an offer or answer that was sent before is acknowledged.
// RFC 3261 §15: either end says BYE; the one that answered must not before it has seen the ACK, or has waited in vain.
// Who stops will not be there to see it, and says BYE all the same.
export const figure: Figure<SessionState, SessionInputs, Session> = {
  held: {
    "all acknowledged": to("accepted", sendSuccess),
    "no PRACK": to("ended", refuseAsUnheard, tellUnacknowledged),
    "taken back": to("ended", refuse, tellRemote),
    "hang up": to("ended", refuseAsGone, tellLocal),
    stop: to("ended", refuseAsGone, tellLocal),
    BYE: to("ended", answerBye, refuseAsTakenBack, tellRemote),
  },
  accepted: {
    ACK: to("confirmed"),
    "no ACK": to("ended", sendBye, tellUnacknowledged),
    "hang up": to("leaving"),
    stop: to("ended", sendBye, tellLocal),
    BYE: to("ended", answerBye, tellRemote),
  },
  leaving: {
    ACK: to("ended", sendBye, tellLocal),
    "no ACK": to("ended", sendBye, tellLocal),
    stop: to("ended", sendBye, tellLocal),
    BYE: to("ended", answerBye, tellRemote),
  },
  confirmed: {
    // A re-INVITE's 2xx was never acknowledged: RFC 3261 §14.2 ends the call as the first INVITE's does.
    "no ACK": to("ended", sendBye, tellUnacknowledged),
    "hang up": to("ended", sendBye, tellLocal),
    stop: to("ended", sendBye, tellLocal),
    BYE: to("ended", answerBye, tellRemote),
  },
  ended: {},
};

function sendSuccess(session: Session): void {
  session.sendSuccess();
}

function refuse(session: Session, status: number): void {
  session.refuse(status);
}

function refuseAsUnheard(session: Session): void {
  session.refuse(504);
}

function refuseAsGone(session: Session): void {
  session.refuse(480);
}

function refuseAsTakenBack(session: Session): void {
  session.refuse(487);
}

function sendBye(session: Session, headers: HeaderFields = []): void {
  session.sendBye(headers);
}

function answerBye(session: Session, { transaction, request }: IncomingBye): void {
  session.noteBye(request);
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
  /** Absent: the dialog says where the other end is. */
  readonly way: Way | undefined;
  /** Told once, after the BYE has been sent or answered. */
  onEnded: ((end: SessionEnd) => void) | undefined;
  /** The answer of a call that came is acknowledged; told once, with the ACK, which may hold the caller's answer. */
  onAcknowledged: ((ack: SipRequest) => void) | undefined;
  /** Answers the other end's challenges; absent: they are not answered. */
  authorize: Authorize | undefined;
  /** The other end's last BYE, for the reason that it gives. */
  bye: SipRequest | undefined;
  /** Requests other than BYE. Without it, each is refused in a way that leaves the call as it is. */
  onRequest: ((transaction: ServerTransaction, request: SipRequest) => void) | undefined;
  readonly #ports: InvitePorts;
  readonly #machine: Machine<SessionState, SessionInputs, Session>;
  #success: SuccessResponse | undefined;
  #onAck: ((ack: SipRequest) => void) | undefined;
  /** The CSeq of the INVITE that was answered last. */
  #answeredSequence: number | undefined;
  #pendingAck: PendingAck | undefined;
  #answering: Answering | undefined;

  private constructor(ports: InvitePorts, dialog: Dialog, state: SessionState, way: Way | undefined) {
    this.dialog = dialog;
    this.way = way;
    this.#ports = ports;
    this.#machine = new Machine<SessionState, SessionInputs, Session>(figure, state, this, {
      entered() {},
      ignored() {},
    });
    ports.table.add(dialog.id, this);
  }

  /** The end that called. `ack` is the one of its 2xx. */
  static ofCaller(ports: InvitePorts, dialog: Dialog, ack: PendingAck, way?: Way): Session {
    const session = new Session(ports, dialog, "confirmed", way);
    session.#pendingAck = ack;
    return session;
  }

  /** The end that was called: sends the 2xx as soon as it may, and until it is acknowledged. */
  static ofCallee(ports: InvitePorts, dialog: Dialog, answering: Answering, way?: Way): Session {
    const session = new Session(ports, dialog, "held", way);
    session.#onAck = (ack) => session.onAcknowledged?.(ack);
    session.#answering = answering;
    answering.provisionals.finish(() => session.#machine.handle("all acknowledged", undefined));
    return session;
  }

  get state(): SessionState {
    return this.#machine.state;
  }

  /** Another call of this element, by its dialog. */
  beside(id: DialogId): Session | undefined {
    return this.#ports.table.get(id);
  }

  /** Ends it, at once or as soon as the ACK has come. Idempotent. */
  hangUp(headers: HeaderFields = []): void {
    this.#machine.handle("hang up", headers);
  }

  /** Ends it at once: whoever has it stops. Idempotent. */
  stop(headers: HeaderFields): void {
    this.#machine.handle("stop", headers);
  }

  /** By which the other end is reached now, where that is known. */
  get flow(): Flow | undefined {
    return this.way?.flow;
  }

  /** Acknowledges the 2xx that the other end sent last, where that was left for later. Idempotent. */
  confirm(parts: DialogRequestParts = {}): void {
    this.#pendingAck?.send(parts);
    this.#pendingAck = undefined;
  }

  /** Sends a request within the call; not INVITE, ACK or BYE. */
  request(method: string, parts: DialogRequestParts, user: DialogRequestUser): SentRequest {
    return this.#send(this.dialog.createRequest(method, parts), user);
  }

  /**
   * Sends a re-INVITE (RFC 3261 §14.1). What is answered with a 2xx is acknowledged by `confirm`, or before the BYE.
   * Whoever calls it sees to it that no other is under way in either direction.
   */
  reinvite(parts: DialogRequestParts, user: DialogRequestUser): SentRequest {
    let ack: PendingAck | undefined;
    const request = this.dialog.createRequest("INVITE", parts);
    return this.#send(request, {
      ...user,
      onOutcome: (outcome, sent) => {
        if (outcome.kind === "response" && outcome.response.status < 300) {
          this.dialog.refreshTarget(outcome.response);
          ack = new PendingAck(this.#ports, this.dialog, sent, this.way);
          if (this.state === "ended") ack.send({});
          else this.#pendingAck = ack;
        }
        user.onOutcome(outcome, sent);
      },
      onFurtherSuccess: () => ack?.repeat(),
    });
  }

  /** Answers a re-INVITE with a 2xx and repeats that until the ACK, which is told. Without one the call ends. */
  acceptReinvite(
    transaction: ServerTransaction,
    request: SipRequest,
    success: SipResponse,
    onAck: (ack: SipRequest) => void,
  ): void {
    if (this.state === "ended") return;
    this.dialog.refreshTarget(request);
    this.#onAck = onAck;
    this.#repeatUntilAck(transaction, request.cseq.number, success);
  }

  /** Stops all timers, sends nothing and tells nobody. Idempotent. */
  close(): void {
    this.#success?.close();
    this.#answering?.provisionals.close();
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
    } else if (request.method === "PRACK" && this.#answering !== undefined) {
      this.#answering.provisionals.take(transaction, request);
    } else if (this.onRequest !== undefined && request.method !== "PRACK") {
      this.onRequest(transaction, request);
    } else {
      transaction.respond(refusalWithinCall(request, toTag));
    }
  }

  /** The INVITE is taken back, or its caller is gone, while the answer is held: it gets that status. */
  takenBack(status: number): void {
    this.#machine.handle("taken back", status);
  }

  /** What was sent before the answer has not been acknowledged in time. */
  unheard(): void {
    this.#machine.handle("no PRACK", undefined);
  }

  /** For the core: an ACK within the dialog. RFC 3261 §13.2.2.4: it bears the number of the INVITE that it is for. */
  acknowledge(ack: SipRequest): void {
    if (ack.cseq.number !== this.#answeredSequence) return;
    const onAck = this.#onAck;
    this.#onAck = undefined;
    this.#success?.acknowledge();
    if (this.state !== "ended") onAck?.(ack);
  }

  /** For the figure. */
  sendSuccess(): void {
    if (this.#answering === undefined) return;
    const { transaction, sequence, success } = this.#answering;
    this.#repeatUntilAck(transaction, sequence, success);
  }

  /** For the figure. */
  refuse(status: number): void {
    this.#answering?.refuse(status);
  }

  /** For the figure. RFC 3261 §13.2.2.4: what was answered is acknowledged before anything else is said. */
  sendBye(headers: HeaderFields): void {
    this.confirm();
    // RFC 3261 §15.1.1: the session is over whatever the answer is.
    this.#send(this.dialog.createRequest("BYE", { headers }), { onOutcome: this.#ports.byes.sent() });
  }

  /** For the figure. */
  noteBye(bye: SipRequest): void {
    this.bye = bye;
  }

  /** For the figure. */
  tellEnd(end: SessionEnd): void {
    this.close();
    this.onEnded?.(end);
  }

  #send(request: SipRequest, user: DialogRequestUser): SentRequest {
    return new DialogRequest(this.#ports.sender, this.dialog, request, this.way, this.authorize, user);
  }

  #repeatUntilAck(transaction: ServerTransaction, sequence: number, success: SipResponse): void {
    this.#success?.close();
    this.#answeredSequence = sequence;
    this.#success = new SuccessResponse(this.#ports.clock, {
      send: () => transaction.respond(success),
      acknowledged: () => this.#machine.handle("ACK", undefined),
      unanswered: () => this.#machine.handle("no ACK", undefined),
    });
  }
}
