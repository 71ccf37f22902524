import type { Buffer } from "node:buffer";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { serializeMessage } from "../message/serialize.ts";
import type { Flow, TransportError } from "../transport/transport.ts";
import type { TransactionHost } from "./transaction-host.ts";

/** A request as it came, perhaps not for the first time. */
export interface Arrival {
  readonly request: SipRequest;
  readonly flow: Flow;
}

/** The way back of one server transaction: keeps the latest response as bytes, so that a copy costs one send. */
export class ResponsePath {
  readonly #host: TransactionHost;
  readonly #arrivedBy: Flow;
  readonly #onError: (error: TransportError) => void;
  #flow: Flow;
  #latest: Buffer | undefined;

  constructor(host: TransactionHost, arrivedBy: Flow, onError: (error: TransportError) => void) {
    this.#host = host;
    this.#arrivedBy = this.#flow = arrivedBy;
    this.#onError = onError;
  }

  /** Whether any response was sent. */
  get isUsed(): boolean {
    return this.#latest !== undefined;
  }

  /** Without the request, which is released after a final response, the last way is taken again. */
  send(response: SipResponse, request: SipRequest | undefined): void {
    const topVia = request?.topVia;
    if (topVia !== undefined) this.#flow = this.#host.responseFlow(topVia, this.#arrivedBy);
    this.#latest = serializeMessage(response);
    this.#flow.send(this.#latest, this.#onError);
  }

  /** Lets go of what was sent; it cannot be repeated any more. */
  release(): void {
    this.#latest = undefined;
  }

  /** For a timer. */
  resend(): void {
    if (this.#latest === undefined) return;
    this.#host.tally.repeatsSent++;
    this.#flow.send(this.#latest, this.#onError);
  }

  /**
   * For a copy of the request. It is answered where it came from when that is the same host, since a NAT may have
   * moved the client to another port; another host's copy, perhaps forged, draws nothing there.
   */
  answerCopy({ request, flow }: Arrival): void {
    this.#host.tally.repeatsReceived++;
    if (this.#latest === undefined) return;
    this.#host.tally.repeatsSent++;
    const topVia = request.topVia;
    const isSameHost = flow.remoteAddress === this.#arrivedBy.remoteAddress;
    const way = isSameHost && topVia !== undefined ? this.#host.responseFlow(topVia, flow) : this.#flow;
    way.send(this.#latest, this.#onError);
  }
}
