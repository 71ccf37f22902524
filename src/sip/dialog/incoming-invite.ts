import type { Buffer } from "node:buffer";
import { succeed } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";
import { createResponse } from "../message/build.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { readReliability } from "../message/rack.ts";
import type { Reliability } from "../message/rack.ts";
import type { Flow } from "../transport/transport.ts";
import type {
  HeaderFields,
  ServerTransaction,
  ServerTransactionEnd,
} from "../transaction/transaction-user.ts";
import { CalleeDialog } from "./callee-dialog.ts";
import { Dialog } from "./dialog.ts";
import type { EarlyDialog } from "./early-dialog.ts";
import type { PrackHandler } from "./reliable-provisionals.ts";
import { Session } from "./session.ts";
import type { InvitePorts } from "./session.ts";
import type { Way } from "./way.ts";

/** What a response to an INVITE brings besides what is copied. */
export interface AnswerParts {
  /** RFC 3261 §12.1.1: where later requests reach us; the value of the Contact header. */
  readonly contact: string;
  readonly headers?: HeaderFields;
  readonly body?: Buffer;
}

/** A provisional response beyond its parts. */
export interface RingOptions {
  /** Whose words they are; nobody's: our own. */
  readonly from?: EarlyDialog | undefined;
  /**
   * Sent reliably where the caller takes that, and its PRACK is answered by this. Absent: sent reliably only to a caller
   * who insists on it, and the PRACK is answered 200.
   */
  readonly onPrack?: PrackHandler;
}

/** Dialogs of one call at most: a caller hears no more ends than a peer may have. */
const mostDialogs = 16;

/**
 * A call that came and is not answered yet (RFC 3261 §13.3). From its first ringing on the caller has an early dialog with
 * us, and one more for each end that gives an offer or an answer after another has: as if a proxy had forked the call.
 */
export class IncomingInvite {
  readonly request: SipRequest;
  /** The caller gave up; 487 has been sent. Told once, with its CANCEL or BYE, and nothing can be answered any more. */
  onCancelled: ((taken: SipRequest) => void) | undefined;
  /**
   * The caller is lost, or hears the status that has been sent: 480, the connection by which it came has closed; 504, it
   * has acknowledged nothing of what was sent reliably. Told once.
   */
  onLost: ((status: 480 | 504) => void) | undefined;
  readonly #ports: InvitePorts;
  readonly #transaction: ServerTransaction;
  readonly #way: Way | undefined;
  readonly #dialogs: CalleeDialog[] = [];
  #reliability: Reliability | undefined;
  #session: Session | undefined;
  #isOpen = true;

  /** `way`: by which all that follows goes; absent: the caller's Contact says where. */
  constructor(ports: InvitePorts, transaction: ServerTransaction, request: SipRequest, way?: Way) {
    this.request = request;
    this.#ports = ports;
    this.#transaction = transaction;
    this.#way = way;
    transaction.onCancel = (cancel) => this.#takenBack(cancel);
    transaction.onTransportError = () => this.#transportFailed();
  }

  /** By which it came. */
  get flow(): Flow {
    return this.#transaction.flow;
  }

  /** Neither answered nor refused nor taken back. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** What the caller thinks of provisional responses that are sent reliably. */
  get reliability(): Reliability {
    return (this.#reliability ??= readReliability(this.request));
  }

  /** 180 Ringing, or another provisional response; may be sent many times. */
  ring(parts: AnswerParts, status = 180, { from, onPrack }: RingOptions = {}): void {
    if (!this.#isOpen) return;
    const dialog = this.#dialogFor(from);
    const { reliability } = this;
    if (reliability !== "required" && (reliability === "unknown" || onPrack === undefined)) {
      this.#transaction.respond(this.#response(status, parts, dialog?.localTag));
      return;
    }
    const hasSession = parts.body !== undefined && parts.body.length > 0;
    // RFC 3261 §13.2.1: a caller without an offer gets it in the first reliable response; we have none of our own.
    const lacksOffer = this.request.body.length === 0 && !hasSession && dialog?.boundTo === undefined;
    if (lacksOffer && onPrack === undefined) return;
    dialog?.sendReliably(
      (number) => {
        const headers = [...(parts.headers ?? []), ["Require", "100rel"], ["RSeq", String(number)]] as const;
        return this.#response(status, { ...parts, headers }, dialog.localTag);
      },
      hasSession,
      from,
      onPrack,
    );
  }

  /** Where the caller hears `from`: what it asks there goes to that end. Undefined: before anything was said, or too late. */
  dialogWith(from: EarlyDialog): CalleeDialog | undefined {
    return this.#isOpen ? this.#dialogFor(from) : undefined;
  }

  /**
   * 200 OK. The failure says why the call cannot be: it has been refused with 400 then, or had ended before.
   * `from`: whose answer it is, as when it rang.
   */
  accept(parts: AnswerParts, from?: EarlyDialog): Result<Session, string> {
    if (!this.#isOpen) return { ok: false, failure: "the call has ended" };
    const dialog = this.#dialogFor(from);
    if (dialog === undefined) {
      this.refuse(400);
      return { ok: false, failure: "it cannot be read where the caller is" };
    }
    this.#isOpen = false;
    for (const other of this.#dialogs) if (other !== dialog) other.close();
    dialog.early.close();
    this.#session = Session.ofCallee(
      this.#ports,
      dialog.early.dialog,
      {
        transaction: this.#transaction,
        sequence: this.request.cseq.number,
        success: this.#response(200, parts, dialog.localTag),
        refuse: (status) => this.#refuse(status),
        provisionals: dialog.provisionals,
      },
      this.#way,
    );
    return succeed(this.#session);
  }

  /** A final response from 300 up; false when there is nothing to refuse any more. */
  refuse(status: number, headers: HeaderFields = []): boolean {
    const toTag = this.#transaction.localTag;
    return this.refuseWith(createResponse(this.request, status, undefined, { toTag, headers }));
  }

  /** The same with a response that is made already. */
  refuseWith(response: SipResponse): boolean {
    if (!this.#isOpen) return false;
    this.#isOpen = false;
    for (const dialog of this.#dialogs) dialog.close();
    return this.#transaction.respond(response);
  }

  /** The To tag of final responses but 2xx, and of the first early dialog. */
  get localTag(): string {
    return this.#transaction.localTag;
  }

  /** Told how the final response fared, once. */
  set onEnd(told: (how: ServerTransactionEnd) => void) {
    this.#transaction.onEnd = told;
  }

  #takenBack(cancel: SipRequest): void {
    if (this.refuse(487)) this.onCancelled?.(cancel);
    else this.#session?.takenBack(487);
  }

  /** RFC 6026 §8.8: the INVITE stays open. A response that a datagram could not carry is followed by others. */
  #transportFailed(): void {
    if (this.flow.isOpen) return;
    if (this.refuse(480)) this.onLost?.(480);
    else this.#session?.takenBack(480);
  }

  /** RFC 3262 §3: who acknowledges nothing for 32 s is refused with a 5xx. */
  #unanswered(): void {
    if (this.refuse(504)) this.onLost?.(504);
    else this.#session?.unheard();
  }

  /** RFC 3261 §15.1.2: a BYE ends its dialog and is answered; the INVITE is answered too when there is no dialog left. */
  #leave(dialog: CalleeDialog, transaction: ServerTransaction, bye: SipRequest): void {
    transaction.respond(createResponse(bye, 200, undefined, { toTag: transaction.localTag }));
    if (this.#dialogs.length === 1) {
      this.#takenBack(bye);
      return;
    }
    dialog.close();
    this.#dialogs.splice(this.#dialogs.indexOf(dialog), 1);
  }

  #refuse(status: number): void {
    const toTag = this.#transaction.localTag;
    this.#transaction.respond(createResponse(this.request, status, undefined, { toTag }));
  }

  /** Undefined: the caller does not say where it is. */
  #dialogFor(from: EarlyDialog | undefined): CalleeDialog | undefined {
    const isTheirs = ({ boundTo }: CalleeDialog): boolean => boundTo === from;
    const known = this.#dialogs.find(isTheirs) ?? this.#dialogs.find(({ boundTo }) => boundTo === undefined);
    return known ?? (this.#dialogs.length < mostDialogs ? this.#openDialog() : this.#dialogs.at(-1));
  }

  #openDialog(): CalleeDialog | undefined {
    const { flow, localTag } = this.#transaction;
    // RFC 3261 §12.1.1: each dialog has a tag of its own.
    const tag = this.#dialogs.length === 0 ? localTag : this.#ports.random.token(64);
    const isOverTls = flow.protocol === "TLS" || flow.protocol === "WSS";
    const dialog = Dialog.ofServer(this.request, tag, isOverTls);
    if (!dialog.ok) return undefined;
    const opened: CalleeDialog = new CalleeDialog(this.#ports, dialog.value, this.#way, {
      send: (response) => this.#transaction.respond(response),
      unanswered: () => this.#unanswered(),
      onBye: (transaction, bye) => this.#leave(opened, transaction, bye),
    });
    this.#dialogs.push(opened);
    return opened;
  }

  #response(status: number, { contact, headers = [], body }: AnswerParts, toTag = this.localTag) {
    return createResponse(this.request, status, undefined, {
      toTag,
      headers: [["Contact", contact], ...headers],
      ...(body === undefined ? undefined : { body }),
    });
  }
}
