import type { Buffer } from "node:buffer";
import { succeed } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";
import { createResponse } from "../message/build.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import type { Flow } from "../transport/transport.ts";
import type {
  HeaderFields,
  ServerTransaction,
  ServerTransactionEnd,
} from "../transaction/transaction-user.ts";
import { Dialog } from "./dialog.ts";
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

/** A call that came and is not answered yet (RFC 3261 §13.3). */
export class IncomingInvite {
  readonly request: SipRequest;
  /** The caller gave up; 487 has been sent. Told once, and nothing can be answered any more. */
  onCancelled: ((cancel: SipRequest) => void) | undefined;
  /** The connection by which it came has closed: the caller is gone, or hears the 480 that has been sent. Told once. */
  onLost: (() => void) | undefined;
  readonly #ports: InvitePorts;
  readonly #transaction: ServerTransaction;
  #isOpen = true;

  constructor(ports: InvitePorts, transaction: ServerTransaction, request: SipRequest) {
    this.request = request;
    this.#ports = ports;
    this.#transaction = transaction;
    transaction.onCancel = (cancel) => {
      if (this.refuse(487)) this.onCancelled?.(cancel);
    };
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

  /** 180 Ringing, or another provisional response; may be sent many times. */
  ring(parts: AnswerParts, status = 180): void {
    if (this.#isOpen) this.#transaction.respond(this.#response(status, parts));
  }

  /**
   * 200 OK. The failure says why the call cannot be: it has been refused with 400 then, or had ended before.
   * `way`: by which all that follows goes; absent: the caller's Contact says where.
   */
  accept(parts: AnswerParts, way?: Way): Result<Session, string> {
    if (!this.#isOpen) return { ok: false, failure: "the call has ended" };
    const { localTag, flow } = this.#transaction;
    const dialog = Dialog.ofServer(
      this.request,
      localTag,
      flow.protocol === "TLS" || flow.protocol === "WSS",
    );
    if (!dialog.ok) {
      this.refuse(400);
      return dialog;
    }
    this.#isOpen = false;
    return succeed(
      Session.ofCallee(this.#ports, dialog.value, this.#transaction, this.#response(200, parts), way),
    );
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
    return this.#transaction.respond(response);
  }

  /** The To tag of all responses. */
  get localTag(): string {
    return this.#transaction.localTag;
  }

  /** Told how the final response fared, once. */
  set onEnd(told: (how: ServerTransactionEnd) => void) {
    this.#transaction.onEnd = told;
  }

  /** RFC 6026 §8.8: the INVITE stays open. A response that a datagram could not carry is followed by others. */
  #transportFailed(): void {
    if (!this.flow.isOpen && this.refuse(480)) this.onLost?.();
  }

  #response(status: number, { contact, headers = [], body }: AnswerParts) {
    return createResponse(this.request, status, undefined, {
      toTag: this.#transaction.localTag,
      headers: [["Contact", contact], ...headers],
      ...(body === undefined ? undefined : { body }),
    });
  }
}
