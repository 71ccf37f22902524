import type { Clock } from "../../base/clock.ts";
import { silentLogger } from "../../base/logger.ts";
import type { Logger } from "../../base/logger.ts";
import type { Result } from "../../base/result.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import type { SipUri } from "../message/uri.ts";
import type { Endpoint, Flow } from "../transport/transport.ts";
import { Delivery } from "./delivery.ts";
import { FailedEndpoints } from "./failed-endpoints.ts";
import type { TransactionLayer } from "./transaction-layer.ts";
import type { HeaderFields } from "./transaction-user.ts";

/** What became of a request. */
export type RequestOutcome =
  | { readonly kind: "response"; readonly response: SipResponse; readonly flow: Flow }
  /** Nobody answered within 32 s. */
  | { readonly kind: "timeout" }
  /** It could not be sent: no server was found, or none could be reached. */
  | { readonly kind: "unreachable"; readonly detail: string };

export interface SendOptions {
  /** Where the request goes: the first Route, or the Request-URI (RFC 3261 §8.1.2). */
  readonly nextHop: SipUri;
  /** Tried first as long as it is open: the connection of a registration or a dialog. */
  readonly preferredFlow?: Flow;
  /** By this flow or not at all: neither is `nextHop` looked up, nor is a large request sent by another transport. */
  readonly onlyFlow?: Flow;
  /** False: a server that the request must not go to, as if there were none. Asked of those that `nextHop` leads to. */
  mayGoTo?(server: Endpoint): boolean;
  /** The request as it goes by that flow, where something in it, the Contact as a rule, depends on the flow. */
  prepare?(request: SipRequest, flow: Flow): SipRequest;
  onProvisional?(response: SipResponse, flow: Flow): void;
  /** Called once, with the first final response that counts or with the reason for having none. */
  onOutcome(outcome: RequestOutcome): void;
  /** A 2xx to INVITE that came after the outcome: the same again, to be acknowledged again, or another fork's. */
  onFurtherSuccess?(response: SipResponse, flow: Flow): void;
}

export interface SentRequest {
  /**
   * INVITE: takes it back (RFC 3261 §9.1); the outcome is told as ever, 487 as a rule, and no further server is tried.
   * Any other request: gives up; no outcome is told. Idempotent.
   */
  cancel(headers?: HeaderFields): void;
}

/** Sends a request to wherever it belongs. The one thing that registration, dialogs and calls know of the network. */
export interface RequestSender {
  /** Nothing is told before this returns. */
  send(request: SipRequest, options: SendOptions): SentRequest;
}

export interface LocatingRequestSenderOptions {
  readonly clock: Clock;
  readonly layer: TransactionLayer;
  /** RFC 3263: the servers of a URI in the order in which they are tried; the failure is a sentence. */
  readonly locate: (uri: SipUri) => Promise<Result<readonly Endpoint[], string>>;
  /** Undefined when we have no transport of that protocol and address family. */
  readonly flowTo: (endpoint: Endpoint) => Flow | undefined;
  readonly logger?: Logger;
}

/** RFC 3263 §4.3: tries the servers of a name one after the other, each in a transaction of its own. */
export class LocatingRequestSender implements RequestSender {
  readonly #options: LocatingRequestSenderOptions;
  readonly #logger: Logger;
  readonly #failed: FailedEndpoints;

  constructor(options: LocatingRequestSenderOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#failed = new FailedEndpoints(options.clock);
  }

  send(request: SipRequest, options: SendOptions): SentRequest {
    const { clock, layer, locate, flowTo } = this.#options;
    const noteBug = (bug: unknown): void =>
      this.#logger.error({ error: bug, callId: request.callId }, "exception in the user of a request");
    const ports = { clock, layer, locate, flowTo, failed: this.#failed, noteBug };
    const delivery = new Delivery(ports, request, options);
    delivery.begin();
    return delivery;
  }
}
