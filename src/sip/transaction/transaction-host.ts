import type { Clock } from "../../base/clock.ts";
import type { RandomSource } from "../../base/random.ts";
import type { SipRequest } from "../message/message.ts";
import type { Via } from "../message/via.ts";
import type { Flow, TransportError } from "../transport/transport.ts";
import type { TransactionTally } from "./transaction-tally.ts";
import type { HeaderFields } from "./transaction-user.ts";

/** What the layer asks of each of its transactions. */
export interface Transaction {
  /** Under which the layer keeps it. */
  readonly key: string;
  readonly flow: Flow;
  /** For the log. */
  readonly figureName: string;
  readonly state: string;
  /** What was sent did not arrive, or the connection is gone. */
  transportFailed(error: TransportError): void;
  /** Stops all timers and tells nobody; for the end of the process. Idempotent. */
  close(): void;
}

/** What a transaction is given by its layer. */
export interface TransactionHost {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly tally: TransactionTally;
  /** RFC 3261 §18.2.2: the flow by which the response goes to a request that came by `arrivedBy`. */
  responseFlow(topVia: Via, arrivedBy: Flow): Flow;
  /** RFC 3261 §8.2.2.2: a request that has its final response is none that another could be merged with. */
  closeMerging(transaction: { readonly mergeKey: string | undefined }): void;
  /** The transaction is over; told once. */
  ended(transaction: Transaction): void;
  /** What the transaction sent did not get out: tells it so, where a bug of its user does no harm. */
  sendFailed(transaction: Transaction, error: TransportError): void;
  /** An event without an arrow. */
  ignored(transaction: Transaction, event: string): void;
  /** RFC 3261 §9.1: a CANCEL is a transaction of its own beside the INVITE's, by the same way. */
  cancel(invite: SipRequest, flow: Flow, headers: HeaderFields): void;
}
