import type { Clock } from "../../base/clock.ts";
import type { RandomSource } from "../../base/random.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import type { ServerTransaction } from "../transaction/transaction-user.ts";
import type { Dialog } from "./dialog.ts";
import { EarlyDialog } from "./early-dialog.ts";
import type { EarlyDialogPorts } from "./early-dialog.ts";
import { refusalWithinCall } from "./refusal-within-call.ts";
import { ReliableProvisionals } from "./reliable-provisionals.ts";
import type { Way } from "./way.ts";
import type { PrackHandler } from "./reliable-provisionals.ts";

export interface CalleeDialogPorts extends EarlyDialogPorts {
  readonly clock: Clock;
  readonly random: RandomSource;
}

export interface CalleeDialogUser {
  send(response: SipResponse): void;
  /** A reliable response was never acknowledged. */
  unanswered(): void;
  onBye(transaction: ServerTransaction, bye: SipRequest): void;
}

/** One early dialog of a call that came: what the caller is told in it, and what it asks meanwhile. */
export class CalleeDialog {
  readonly early: EarlyDialog;
  readonly provisionals: ReliableProvisionals;
  /** All requests but PRACK and BYE. */
  onRequest: ((transaction: ServerTransaction, request: SipRequest) => void) | undefined;
  /**
   * By whom the caller has been given an offer or an answer here, reliably. RFC 3261 §13.2.1: that holds for the dialog,
   * so whatever somebody else says belongs in another.
   */
  boundTo: EarlyDialog | undefined;

  constructor(ports: CalleeDialogPorts, dialog: Dialog, way: Way | undefined, user: CalleeDialogUser) {
    this.early = new EarlyDialog(ports, dialog, way);
    this.provisionals = new ReliableProvisionals(ports.clock, ports.random, user);
    this.early.onRequest = (transaction, request) => {
      if (request.method === "PRACK") this.provisionals.take(transaction, request);
      else if (request.method === "BYE") user.onBye(transaction, request);
      else if (this.onRequest !== undefined) this.onRequest(transaction, request);
      else transaction.respond(refusalWithinCall(request, transaction.localTag));
    };
  }

  get localTag(): string {
    return this.early.dialog.id.localTag;
  }

  /** `from`: whose words they are. The rest as in `ReliableProvisionals.send`. */
  sendReliably(
    make: (number: number) => SipResponse,
    hasSession: boolean,
    from: EarlyDialog | undefined,
    onPrack?: PrackHandler,
  ): void {
    if (hasSession) this.boundTo ??= from;
    this.provisionals.send(make, onPrack);
  }

  /** It ends without an answer. Idempotent. */
  close(): void {
    this.early.close();
    this.provisionals.close();
  }
}
