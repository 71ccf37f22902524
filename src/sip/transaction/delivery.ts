import type { Clock, Timer } from "../../base/clock.ts";
import { fail } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { serializeMessage } from "../message/serialize.ts";
import type { SipUri } from "../message/uri.ts";
import type { Endpoint, Flow, TransportError } from "../transport/transport.ts";
import type { FailedEndpoints } from "./failed-endpoints.ts";
import type { RequestOutcome, SendOptions, SentRequest } from "./request-sender.ts";
import type { TransactionLayer } from "./transaction-layer.ts";
import type { ClientTransactionUser, HeaderFields } from "./transaction-user.ts";

/** RFC 3261 §18.1.1: a request above this many bytes goes by a transport with congestion control. */
const longestDatagram = 1_300;
/** What the transaction adds: a Via with its branch. */
const viaBytes = 120;
/**
 * After this silence, four copies sent, a request other than INVITE is tried at the next server if there is one. Waiting
 * for timer F would leave a line unregistered for half a minute with each dead server.
 */
const silenceMs = 4_000;
/** Servers tried for one request at most, whatever DNS says. */
const mostServers = 8;

export interface DeliveryPorts {
  readonly clock: Clock;
  readonly layer: TransactionLayer;
  readonly locate: (uri: SipUri) => Promise<Result<readonly Endpoint[], string>>;
  readonly flowTo: (endpoint: Endpoint) => Flow | undefined;
  readonly failed: FailedEndpoints;
  readonly noteBug: (bug: unknown) => void;
}

/** A server to try, by a flow that is there already or by one to be had. */
interface Way {
  readonly endpoint: Endpoint;
  readonly flow?: Flow;
}

interface Attempt {
  readonly endpoint: Endpoint;
  readonly transaction: ReturnType<TransactionLayer["sendRequest"]>;
  readonly silence: Timer | undefined;
}

/** One request on its way through the servers that may take it. */
export class Delivery implements SentRequest, ClientTransactionUser {
  readonly #ports: DeliveryPorts;
  readonly #request: SipRequest;
  readonly #options: SendOptions;
  readonly #isLarge: boolean;
  #ways: Way[] = [];
  #hasLocated = false;
  /** It has arrived somewhere, and may ring there. */
  #isHeard = false;
  #attempt: Attempt | undefined;
  /** Why the latest attempt was none. */
  #failure: RequestOutcome = { kind: "unreachable", detail: "no server to send to" };
  #isCancelled = false;
  #isOver = false;

  constructor(ports: DeliveryPorts, request: SipRequest, options: SendOptions) {
    this.#ports = ports;
    this.#request = request;
    this.#options = options;
    this.#isLarge = serializeMessage(request).length + viaBytes > longestDatagram;
  }

  begin(): void {
    const { preferredFlow, onlyFlow } = this.#options;
    if (onlyFlow?.isOpen === true) this.#ways = [{ endpoint: endpointOf(onlyFlow), flow: onlyFlow }];
    else if (preferredFlow?.isOpen === true)
      this.#ways = this.#waysTo(endpointOf(preferredFlow), preferredFlow);
    this.#tryNext();
  }

  cancel(headers?: HeaderFields): void {
    if (this.#isOver || this.#isCancelled) return;
    this.#isCancelled = true;
    this.#ways = [];
    const transaction = this.#attempt?.transaction;
    if (transaction?.kind === "invite") {
      transaction.cancel(headers);
    } else if (this.#request.method !== "INVITE") {
      this.#isOver = true;
      this.#attempt?.silence?.cancel();
      transaction?.abandon();
    }
  }

  onResponse(response: SipResponse, flow: Flow): void {
    if (this.#isOver) {
      this.#options.onFurtherSuccess?.(response, flow);
      return;
    }
    if (this.#attempt !== undefined) this.#ports.failed.forgive(this.#attempt.endpoint);
    this.#attempt?.silence?.cancel();
    if (response.status < 200) {
      this.#isHeard = true;
      this.#options.onProvisional?.(response, flow);
      return;
    }
    const outcome: RequestOutcome = { kind: "response", response, flow };
    // RFC 3263 §4.3: a 503 says "not here", and the next server is asked.
    if (response.status === 503) this.#failed(outcome);
    else this.#finish(outcome);
  }

  onTimeout(): void {
    this.#unanswered({ kind: "timeout" });
  }

  onTransportError(error: TransportError): void {
    this.#unanswered({ kind: "unreachable", detail: error.detail });
  }

  /** Goes to the next server; ends when there is none or the request was taken back. */
  #tryNext(): void {
    for (let way = this.#ways.shift(); way !== undefined; way = this.#ways.shift()) {
      const flow = way.flow ?? this.#ports.flowTo(way.endpoint);
      if (flow !== undefined) {
        this.#send(way.endpoint, flow);
        return;
      }
      const { protocol, address } = way.endpoint;
      this.#failure = { kind: "unreachable", detail: `no ${protocol} transport to reach ${address}` };
    }
    if (this.#hasLocated || this.#isCancelled) this.#finish(this.#failure);
    else this.#locate().catch(this.#ports.noteBug);
  }

  async #locate(): Promise<void> {
    this.#hasLocated = true;
    const { nextHop, onlyFlow } = this.#options;
    const located = await (onlyFlow === undefined ? this.#ports.locate(nextHop) : flowClosed);
    if (this.#isOver) return;
    if (this.#isCancelled) {
      this.#finish({ kind: "unreachable", detail: "taken back before it was sent" });
      return;
    }
    if (located.ok) {
      const tried = this.#attempt?.endpoint;
      const servers = located.value
        .filter((server) => tried === undefined || !isSame(server, tried))
        .filter((server) => this.#options.mayGoTo?.(server) !== false);
      const ways = servers.slice(0, mostServers).flatMap((server) => this.#waysTo(server));
      this.#ways = this.#ports.failed.putLast(ways);
    } else if (this.#attempt === undefined) {
      this.#failure = { kind: "unreachable", detail: located.failure };
    }
    this.#tryNext();
  }

  /** RFC 3261 §18.1.1: what is too large for UDP goes by TCP, and by UDP after all when the server has no TCP. */
  #waysTo(endpoint: Endpoint, flow?: Flow): Way[] {
    const way: Way = flow === undefined ? { endpoint } : { endpoint, flow };
    if (!this.#isLarge || endpoint.protocol !== "UDP") return [way];
    return [{ endpoint: { ...endpoint, protocol: "TCP" } }, way];
  }

  #send(endpoint: Endpoint, flow: Flow): void {
    const { layer, clock } = this.#ports;
    const request = this.#options.prepare?.(this.#request, flow) ?? this.#request;
    const transaction = layer.sendRequest(request, flow, this);
    const isImpatient = transaction.kind === "non-invite" && this.#ways.length > 0;
    const silence = isImpatient ? clock.after(silenceMs, () => this.#giveUpOnSilence()) : undefined;
    this.#attempt = { endpoint, transaction, silence };
  }

  #giveUpOnSilence(): void {
    const transaction = this.#attempt?.transaction;
    if (transaction?.kind !== "non-invite" || transaction.state !== "trying") return;
    transaction.abandon();
    this.#failed({ kind: "timeout" });
  }

  /** RFC 3263 §4.3: the next server is for a request that reached none; one that did might be carried out twice. */
  #unanswered(failure: RequestOutcome): void {
    if (!this.#isHeard) this.#failed(failure);
    else if (!this.#isOver) this.#finish(failure);
  }

  #failed(failure: RequestOutcome): void {
    if (this.#isOver) return;
    this.#attempt?.silence?.cancel();
    if (this.#attempt !== undefined) this.#ports.failed.note(this.#attempt.endpoint);
    this.#failure = failure;
    this.#tryNext();
  }

  #finish(outcome: RequestOutcome): void {
    this.#isOver = true;
    this.#options.onOutcome(outcome);
  }
}

const flowClosed = Promise.resolve(fail("the connection to it has closed"));

function endpointOf(flow: Flow): Endpoint {
  return { protocol: flow.protocol, address: flow.remoteAddress, port: flow.remotePort };
}

function isSame(one: Endpoint, other: Endpoint): boolean {
  return one.protocol === other.protocol && one.address === other.address && one.port === other.port;
}
