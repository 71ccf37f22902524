import type { SipRequest, SipResponse } from "../../src/sip/message/message.ts";
import { TransactionLayer } from "../../src/sip/transaction/transaction-layer.ts";
import type { TransactionLayerOptions } from "../../src/sip/transaction/transaction-layer.ts";
import type { ServerTransaction } from "../../src/sip/transaction/transaction-user.ts";
import type { Endpoint, Flow } from "../../src/sip/transport/transport.ts";
import type { LoopbackEnd, LoopbackNetwork } from "./loopback-network.ts";
import { SeededRandom } from "./seeded-random.ts";

/** A transaction layer at one address of a loopback network, with a user that writes down what it is handed. */
export class SipEnd {
  readonly layer: TransactionLayer;
  readonly end: LoopbackEnd;
  readonly requests: { readonly request: SipRequest; readonly transaction: ServerTransaction }[] = [];
  readonly acks: SipRequest[] = [];
  readonly strays: SipResponse[] = [];
  /** What it does with a request; nothing unless a test says. */
  onRequest: (transaction: ServerTransaction, request: SipRequest, flow: Flow) => void = () => undefined;

  constructor(network: LoopbackNetwork, point: Endpoint, options: Partial<TransactionLayerOptions> = {}) {
    this.layer = new TransactionLayer({
      clock: network.clock,
      random: new SeededRandom(point.port),
      user: {
        onRequest: (transaction, request, flow) => {
          this.requests.push({ request, transaction });
          this.onRequest(transaction, request, flow);
        },
        onAck: (request) => this.acks.push(request),
        onStrayResponse: (response) => this.strays.push(response),
      },
      viaFor: (flow) => ({ protocol: flow.protocol, host: flow.localAddress, port: flow.localPort }),
      responseFlow: (_via, arrivedBy) => arrivedBy,
      ...options,
    });
    this.end = this.listen(network, point);
  }

  /** Opens a further listening point. */
  listen(network: LoopbackNetwork, point: Endpoint): LoopbackEnd {
    return network.listen(point, {
      onMessage: (message, flow) => this.layer.receive(message, flow),
      onMalformed: (failure) => {
        throw new Error(`malformed: ${failure.reason}`);
      },
      onFlowClosed: (flow) => this.layer.flowClosed(flow),
    });
  }

  flowTo(other: SipEnd): Flow {
    return this.end.flowTo(other.end.localAddress, other.end.localPort);
  }

  /** Sends a request and returns what comes back, which grows as time goes on: statuses, `timeout`, `transport error`. */
  ask(
    request: SipRequest,
    other: SipEnd,
  ): { readonly told: (number | string)[]; readonly cancel: () => boolean } {
    const told: (number | string)[] = [];
    const transaction = this.layer.sendRequest(request, this.flowTo(other), {
      onResponse: (response) => told.push(response.status),
      onTimeout: () => told.push("timeout"),
      onTransportError: () => told.push("transport error"),
    });
    return { told, cancel: () => transaction.kind === "invite" && transaction.cancel() };
  }

  /** Server and client transactions that are held. */
  get held(): number {
    const counts = this.layer.counts();
    return counts.inviteServer + counts.nonInviteServer + counts.inviteClient + counts.nonInviteClient;
  }
}
