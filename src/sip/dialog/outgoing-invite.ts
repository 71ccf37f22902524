import { succeed } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";
import { copyRequest } from "../message/build.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { readRSeq } from "../message/rack.ts";
import type { SipUri } from "../message/uri.ts";
import type { RequestOutcome, SentRequest } from "../transaction/request-sender.ts";
import type { HeaderFields } from "../transaction/transaction-user.ts";
import type { Endpoint, Flow } from "../transport/transport.ts";
import { dialogKey, idOfIncomingResponse } from "./dialog-id.ts";
import { Dialog } from "./dialog.ts";
import type { Authorize } from "./dialog-request.ts";
import { EarlyDialog } from "./early-dialog.ts";
import { PendingAck } from "./pending-ack.ts";
import { Session } from "./session.ts";
import type { InvitePorts } from "./session.ts";
import { sendingBy } from "./way.ts";
import type { Way } from "./way.ts";

/** Why a call that we placed did not come about. */
export type InviteFailure =
  | { readonly kind: "refused"; readonly response: SipResponse }
  | { readonly kind: "cancelled" }
  | { readonly kind: "timeout" }
  | { readonly kind: "unreachable"; readonly detail: string };

export interface OutgoingInviteOptions {
  readonly nextHop: SipUri;
  /** The value of the Contact header for what leaves by this flow. */
  contactFor(flow: Flow): string;
  /** False: a server of the next hop that the INVITE must not go to. Absent: it may go to all of them. */
  mayGoTo?(server: Endpoint): boolean;
  /** By which the call and all that follows goes. */
  readonly way?: Way;
  /** The ACK waits for `session.confirm`: the 2xx holds an offer. Absent: it is sent at once. */
  readonly acknowledgesLater?: boolean;
  /** Absent: challenges are not answered, neither now nor later in the call. */
  readonly authorize?: Authorize;
  /** The other end has been heard of; told with each provisional response, 100 Trying too. */
  onHeard?(): void;
  /**
   * A provisional response above 100. One that was sent reliably is told once and in order; whoever is told sees to it
   * that it is acknowledged, by `early.acknowledge` or otherwise. `early`: who rings; absent, it does not say where it is.
   */
  onProgress?(response: SipResponse, early: EarlyDialog | undefined): void;
  /** Either this or `onFailed`, once. `early`: as it rang before. */
  onAnswered(session: Session, response: SipResponse, early: EarlyDialog | undefined): void;
  onFailed(failure: InviteFailure): void;
}

/** Ends that may answer one call; a peer that invents more is not listened to. */
const mostForks = 16;

/** An end that rings. */
interface Fork {
  readonly early: EarlyDialog;
  /** The RSeq that came last; undefined: nothing was sent reliably. */
  responseNumber: number | undefined;
}

/** A call that we place (RFC 3261 §13.2), from its INVITE to the answer, challenges behind it. */
export class OutgoingInvite {
  readonly #ports: InvitePorts;
  readonly #options: OutgoingInviteOptions;
  /** By dialog: what acknowledges copies of its 2xx. */
  readonly #acks = new Map<string, PendingAck>();
  /** By To tag: those of the INVITE that was sent last. */
  readonly #forks = new Map<string, Fork>();
  #sent: SentRequest;
  #isCancelled = false;

  constructor(ports: InvitePorts, request: SipRequest, options: OutgoingInviteOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#sent = this.#send(request);
  }

  /** Takes it back. It fails as `cancelled`, also when an answer has crossed: that call is hung up. Idempotent. */
  cancel(headers?: HeaderFields): void {
    this.#isCancelled = true;
    this.#sent.cancel(headers);
  }

  #send(request: SipRequest): SentRequest {
    const options = this.#options;
    return this.#ports.sender.send(request, {
      nextHop: options.nextHop,
      ...sendingBy(options.way),
      mayGoTo: (server) => options.mayGoTo?.(server) ?? true,
      prepare: (prepared, flow) => withContact(prepared, options.contactFor(flow)),
      onProvisional: (response, flow) => {
        options.onHeard?.();
        if (response.status > 100) this.#progress(response, request, flow);
      },
      onOutcome: (outcome) => this.#judge(outcome, request),
      onFurtherSuccess: (response, flow) => this.#takeFurtherSuccess(response, request, flow),
    });
  }

  #progress(response: SipResponse, request: SipRequest, flow: Flow): void {
    const fork = this.#forkOf(response, request, flow);
    const number = readRSeq(response);
    if (number !== undefined) {
      // RFC 3262 §4: what is not the next of its dialog is not acknowledged and changes nothing; a copy is that, too.
      if (fork === undefined || number !== (fork.responseNumber ?? number - 1) + 1) return;
      fork.responseNumber = number;
    }
    this.#options.onProgress?.(response, fork?.early);
    // RFC 6228 §4: this end rings no more.
    if (response.status === 199) fork?.early.close();
  }

  /** RFC 3261 §12.1.2: a provisional response with a tag sets up an early dialog. */
  #forkOf(response: SipResponse, request: SipRequest, flow: Flow): Fork | undefined {
    const { toTag = "" } = response;
    if (toTag === "") return undefined;
    const known = this.#forks.get(toTag);
    if (known !== undefined || this.#forks.size >= mostForks) return known;
    const dialog = Dialog.ofClient(request, response, isOverTls(flow));
    if (!dialog.ok) return undefined;
    dialog.value.heardFrom = flow.remoteAddress;
    const way = this.#wayTo(flow, true);
    const early = new EarlyDialog(this.#ports, dialog.value, way, this.#options.authorize);
    const fork: Fork = { early, responseNumber: undefined };
    this.#forks.set(toTag, fork);
    return fork;
  }

  #judge(outcome: RequestOutcome, request: SipRequest): void {
    // RFC 3261 §12.3, §13.2.2.4: with the final response the early dialogs are over, but for the one that it confirms.
    for (const { early } of this.#forks.values()) early.close();
    if (outcome.kind !== "response") {
      this.#fail(outcome);
      return;
    }
    const { response, flow } = outcome;
    if (response.status < 300) {
      const { acknowledgesLater } = this.#options;
      const session = this.#establish(response, request, flow, acknowledgesLater);
      if (session === undefined)
        this.#fail({
          kind: "unreachable",
          detail: "the answer does not say where it is",
        });
      else if (this.#isCancelled) {
        session.hangUp();
        this.#fail({ kind: "cancelled" });
      } else this.#options.onAnswered(session, response, this.#forks.get(response.toTag ?? "")?.early);
      return;
    }
    const isChallenge = response.status === 401 || response.status === 407;
    const next = isChallenge ? this.#options.authorize?.(response, request, flow) : undefined;
    if (next === undefined || this.#isCancelled) this.#fail({ kind: "refused", response });
    else {
      this.#forks.clear();
      this.#sent = this.#send(next);
    }
  }

  /** RFC 3261 §13.2.2.4: a copy is acknowledged again; what another fork answers is acknowledged and ended at once. */
  #takeFurtherSuccess(response: SipResponse, request: SipRequest, flow: Flow): void {
    const ack = this.#acks.get(dialogKey(idOfIncomingResponse(response)));
    if (ack !== undefined) ack.repeat();
    else if (this.#acks.size < mostForks) this.#establish(response, request, flow)?.hangUp();
  }

  /**
   * Undefined: no call can be had with whoever answered, since it cannot be read where it is. RFC 3261 §13.2.2.4: also
   * that 2xx is acknowledged, and it is ended at once, by the way that it came.
   */
  #establish(
    response: SipResponse,
    request: SipRequest,
    flow: Flow,
    acknowledgesLater = false,
  ): Session | undefined {
    const made = this.#dialogOf(response, request, flow);
    const dialog = made.ok ? made.value : Dialog.ofUnclear(request, response);
    if (dialog === undefined) return undefined;
    dialog.heardFrom = flow.remoteAddress;
    const way = this.#wayTo(flow, made.ok);
    const ack = new PendingAck(this.#ports, dialog, request, way);
    this.#acks.set(dialogKey(dialog.id), ack);
    if (!acknowledgesLater) ack.send({});
    const session = Session.ofCaller(this.#ports, dialog, ack, way);
    session.authorize = this.#options.authorize;
    if (made.ok) return session;
    session.hangUp();
    return undefined;
  }

  /** `flow`: by which the answer came. */
  #wayTo(flow: Flow, isClear: boolean): Way | undefined {
    const { way } = this.#options;
    if (way?.isOnly === true) return way;
    return isClear && way === undefined ? undefined : { isOnly: false, flow };
  }

  #dialogOf(response: SipResponse, request: SipRequest, flow: Flow): Result<Dialog, string> {
    const dialog = this.#forks.get(response.toTag ?? "")?.early.dialog;
    if (dialog === undefined) return Dialog.ofClient(request, response, isOverTls(flow));
    dialog.confirm(response);
    return succeed(dialog);
  }

  #fail(failure: Exclude<RequestOutcome, { kind: "response" }> | InviteFailure): void {
    this.#options.onFailed(this.#isCancelled ? { kind: "cancelled" } : failure);
  }
}

function isOverTls({ protocol }: Flow): boolean {
  return protocol === "TLS" || protocol === "WSS";
}

function withContact(request: SipRequest, contact: string): SipRequest {
  const prepared = copyRequest(request);
  prepared.headers.set("Contact", contact);
  return prepared;
}
