import { createResponse } from "../message/build.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { readRSeq, serializeRAck } from "../message/rack.ts";
import type { RequestSender, SentRequest } from "../transaction/request-sender.ts";
import type { ServerTransaction } from "../transaction/transaction-user.ts";
import { DialogRequest } from "./dialog-request.ts";
import type { Authorize, DialogRequestUser } from "./dialog-request.ts";
import type { DialogTable } from "./dialog-table.ts";
import type { Dialog, DialogRequestParts } from "./dialog.ts";
import type { Way } from "./way.ts";
import { refusalWithinCall } from "./refusal-within-call.ts";

export interface EarlyDialogPorts {
  readonly sender: RequestSender;
  readonly early: DialogTable<EarlyDialog>;
}

/** What is said between two ends as long as one of them rings (RFC 3261 §12.1), seen from one of them. */
export class EarlyDialog {
  readonly dialog: Dialog;
  /** Absent: the dialog says where the other end is. */
  readonly way: Way | undefined;
  /** The other end's requests, in order. Without it, each is refused in a way that leaves the call as it is. */
  onRequest: ((transaction: ServerTransaction, request: SipRequest) => void) | undefined;
  readonly #ports: EarlyDialogPorts;
  readonly #authorize: Authorize | undefined;

  /** From now on the other end's requests find it, until it is closed. */
  constructor(ports: EarlyDialogPorts, dialog: Dialog, way?: Way, authorize?: Authorize) {
    this.#ports = ports;
    this.dialog = dialog;
    this.way = way;
    this.#authorize = authorize;
    ports.early.add(dialog.id, this);
  }

  /** Sends a request to the other end; not INVITE, ACK, BYE or CANCEL. */
  request(method: string, parts: DialogRequestParts, user: DialogRequestUser): SentRequest {
    const request = this.dialog.createRequest(method, parts);
    return new DialogRequest(this.#ports.sender, this.dialog, request, this.way, this.#authorize, user);
  }

  /** Acknowledges a provisional response that was sent reliably; nothing where it was not. */
  acknowledge(response: SipResponse): void {
    const rack = rackOf(response);
    if (rack === undefined) return;
    // RFC 3262 §4: what is said to it changes nothing; where it got lost the other end repeats its response, and gives up.
    this.request("PRACK", { headers: [["RAck", rack]] }, { onOutcome() {} });
  }

  /** Requests do not find it any more. The dialog itself may go on, as a session's. Idempotent. */
  close(): void {
    if (this.#ports.early.get(this.dialog.id) === this) this.#ports.early.remove(this.dialog.id);
  }

  /** For the core: a request of the other end. */
  receive(transaction: ServerTransaction, request: SipRequest): void {
    if (!this.dialog.takesInOrder(request)) {
      // RFC 3261 §12.2.2: it was overtaken by a later one.
      const { localTag: toTag } = transaction;
      transaction.respond(createResponse(request, 500, undefined, { toTag }));
    } else if (this.onRequest !== undefined) this.onRequest(transaction, request);
    else transaction.respond(refusalWithinCall(request, transaction.localTag));
  }
}

/** RFC 3262 §7.2: the RAck of the PRACK to that response; undefined: it is to have none. */
export function rackOf(response: SipResponse): string | undefined {
  const responseNumber = readRSeq(response);
  const { number: sequence, method } = response.cseq;
  return responseNumber === undefined ? undefined : serializeRAck({ responseNumber, sequence, method });
}
