import type { SipRequest, SipResponse } from "../message/message.ts";
import type { Flow, TransportError } from "../transport/transport.ts";

/** Further header fields of a message, in order. */
export type HeaderFields = readonly (readonly [name: string, value: string])[];

/** Who is handed the requests that come (RFC 3261 §5: the transaction user). */
export interface TransactionUser {
  /** A request, once, whatever copies of it come. It stays open until `respond` was given a final response. */
  onRequest(transaction: ServerTransaction, request: SipRequest, flow: Flow): void;
  /** The ACK to a 2xx, which belongs to no transaction (RFC 3261 §13.3.1.4), or one that belongs nowhere. Never answered. */
  onAck(request: SipRequest, flow: Flow): void;
  /** A response that no transaction waits for; a 2xx from a fork that comes late is one. */
  onStrayResponse?(response: SipResponse, flow: Flow): void;
}

/** How a server transaction came to its end. `terminated`: it was answered and its time is over. */
export type ServerTransactionEnd = "acknowledged" | "timeout" | "transport-error" | "terminated";

/** A request that came and is to be answered. The handlers may be set as long as it is not answered. */
export interface ServerTransaction {
  readonly kind: "invite" | "non-invite";
  /** What came; released with the final response to save memory. */
  readonly request: SipRequest | undefined;
  /** By which it came. */
  readonly flow: Flow;
  /** In the RFC's words: `trying`, `proceeding`, `completed`, `confirmed`, `accepted`, `terminated`. */
  readonly state: string;
  /** The To tag for all of our responses: 64 random bits, or the request's own where it has one. */
  readonly localTag: string;
  /** Sends a response; false when there is nothing to answer any more. Further copies are sent as the RFC demands. */
  respond(response: SipResponse): boolean;
  /** Forgets the request without an answer; a copy that comes later is a new request. */
  abandon(): void;
  /** The caller gave up before the final response; to be answered with 487. Without a handler that is done for the user. */
  onCancel?: ((cancel: SipRequest) => void) | undefined;
  /** A response could not be sent. An INVITE stays open all the same (RFC 6026 §8.8). */
  onTransportError?: ((error: TransportError) => void) | undefined;
  /** Told once, unless the transaction was abandoned. An INVITE refused tells `acknowledged` or, after 32 s, `timeout`. */
  onEnd?: ((how: ServerTransactionEnd) => void) | undefined;
}

/** Who sent a request. Provisional responses aside, exactly one of the three is told; after a 2xx to INVITE further 2xx may come. */
export interface ClientTransactionUser {
  onResponse(response: SipResponse, flow: Flow): void;
  /** RFC 3261 §8.1.3.1: as good as a 408. */
  onTimeout(): void;
  /** RFC 3261 §8.1.3.1: as good as a 503. */
  onTransportError(error: TransportError): void;
}

/** A request that was sent. */
export interface ClientTransaction {
  readonly kind: "invite" | "non-invite";
  readonly branch: string;
  readonly flow: Flow;
  /** In the RFC's words: `calling` or `trying`, `proceeding`, `completed`, `accepted`, `terminated`. */
  readonly state: string;
}

/** An INVITE that was sent: the one request that can be taken back. */
export interface CancellableTransaction extends ClientTransaction {
  readonly kind: "invite";
  /**
   * RFC 3261 §9.1: sends a CANCEL, at once or as soon as a provisional response is there; false when it is too late.
   * The INVITE still ends by its own response, 487 as a rule, or a 2xx that crossed.
   */
  cancel(headers?: HeaderFields): boolean;
}
