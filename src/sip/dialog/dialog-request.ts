import type { SipRequest, SipResponse } from "../message/message.ts";
import type { RequestOutcome, RequestSender, SentRequest } from "../transaction/request-sender.ts";
import type { HeaderFields } from "../transaction/transaction-user.ts";
import type { Flow } from "../transport/transport.ts";
import type { Dialog } from "./dialog.ts";
import { sendingBy } from "./way.ts";
import type { Way } from "./way.ts";

/** The request to send after a 401 or 407; undefined: it is not answered. */
export type Authorize = (response: SipResponse, request: SipRequest, flow: Flow) => SipRequest | undefined;

export interface DialogRequestUser {
  onProvisional?(response: SipResponse): void;
  /** Called once. `request` is what was answered: another than was sent first, when there was a challenge. */
  onOutcome(outcome: RequestOutcome, request: SipRequest): void;
  /** A copy of the 2xx to an INVITE came. */
  onFurtherSuccess?(): void;
}

/** A request within a dialog on its way to the other end, and to it again with credentials when it asks for them. */
export class DialogRequest implements SentRequest {
  readonly #sender: RequestSender;
  readonly #dialog: Dialog;
  readonly #way: Way | undefined;
  readonly #authorize: Authorize | undefined;
  readonly #user: DialogRequestUser;
  #sent: SentRequest;
  #isCancelled = false;

  constructor(
    sender: RequestSender,
    dialog: Dialog,
    request: SipRequest,
    way: Way | undefined,
    authorize: Authorize | undefined,
    user: DialogRequestUser,
  ) {
    this.#sender = sender;
    this.#dialog = dialog;
    this.#way = way;
    this.#authorize = authorize;
    this.#user = user;
    this.#sent = this.#send(request);
  }

  cancel(headers?: HeaderFields): void {
    this.#isCancelled = true;
    this.#sent.cancel(headers);
  }

  #send(request: SipRequest): SentRequest {
    return this.#sender.send(request, {
      nextHop: this.#dialog.nextHop,
      ...sendingBy(this.#way),
      onProvisional: (response) => this.#user.onProvisional?.(response),
      onOutcome: (outcome) => this.#judge(outcome, request),
      onFurtherSuccess: () => this.#user.onFurtherSuccess?.(),
    });
  }

  #judge(outcome: RequestOutcome, request: SipRequest): void {
    const next = this.#isCancelled ? undefined : this.#answerTo(outcome, request);
    if (next === undefined) {
      this.#user.onOutcome(outcome, request);
      return;
    }
    this.#dialog.noteSent(next);
    this.#sent = this.#send(next);
  }

  #answerTo(outcome: RequestOutcome, request: SipRequest): SipRequest | undefined {
    if (outcome.kind !== "response") return undefined;
    const { response, flow } = outcome;
    const isChallenge = response.status === 401 || response.status === 407;
    return isChallenge ? this.#authorize?.(response, request, flow) : undefined;
  }
}
