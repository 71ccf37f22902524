import { parseMessage } from "../../src/sip/message/parse.ts";
import type { Clock } from "../../src/base/clock.ts";
import type { SipRequest } from "../../src/sip/message/message.ts";
import type { Flow, TransportError, TransportProtocol } from "../../src/sip/transport/transport.ts";
import type { Transaction, TransactionHost } from "../../src/sip/transaction/transaction-host.ts";
import { newTally } from "../../src/sip/transaction/transaction-tally.ts";
import type {
  ClientTransactionUser,
  HeaderFields,
  TransactionUser,
} from "../../src/sip/transaction/transaction-user.ts";
import { FakeClock } from "./fake-clock.ts";
import { SeededRandom } from "./seeded-random.ts";

/** Stands around one transaction as its host, its user and its network, and writes down what it does. */
export class TransactionProbe implements TransactionHost {
  readonly log: string[] = [];
  readonly fakeClock = new FakeClock();
  readonly clock: Clock = {
    now: () => this.fakeClock.now(),
    wallTime: () => this.fakeClock.wallTime(),
    after: (delayMs, run) => {
      this.log.push(`waits ${delayMs} ms`);
      return this.fakeClock.after(delayMs, run);
    },
  };
  readonly random = new SeededRandom();
  readonly tally = newTally();
  readonly flow: Flow;
  readonly serverUser: TransactionUser = {
    onRequest: (_transaction, request) => this.log.push(`user gets ${request.method}`),
    onAck: () => this.log.push("user gets ACK"),
  };
  readonly clientUser: ClientTransactionUser = {
    onResponse: (response) => this.log.push(`user gets ${response.status}`),
    onTimeout: () => this.log.push("user told of time-out"),
    onTransportError: () => this.log.push("user told of transport error"),
  };

  constructor(protocol: TransportProtocol) {
    this.flow = {
      protocol,
      isReliable: protocol !== "UDP",
      localAddress: "192.0.2.2",
      localPort: 5060,
      remoteAddress: "192.0.2.1",
      remotePort: 5060,
      isOpen: true,
      send: (bytes) => this.log.push(`sends ${firstWords(bytes)}`),
    };
  }

  responseFlow(): Flow {
    return this.flow;
  }

  closeMerging(): void {
    this.log.push("closes merging");
  }

  ended(): void {
    this.log.push("ended");
  }

  sendFailed(transaction: Transaction, error: TransportError): void {
    transaction.transportFailed(error);
  }

  ignored(_transaction: Transaction, event: string): void {
    this.log.push(`ignores ${event}`);
  }

  cancel(_invite: SipRequest, _flow: Flow, headers: HeaderFields): void {
    this.log.push(["starts CANCEL", ...headers.map(([name, value]) => `${name}: ${value}`)].join(" "));
  }
}

function firstWords(bytes: Buffer): string {
  const parsed = parseMessage(bytes);
  if (!parsed.ok) return "something malformed";
  return parsed.value.kind === "request" ? parsed.value.method : `${parsed.value.status}`;
}
