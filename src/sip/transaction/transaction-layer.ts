import type { Buffer } from "node:buffer";
import type { Clock } from "../../base/clock.ts";
import { silentLogger } from "../../base/logger.ts";
import type { Logger } from "../../base/logger.ts";
import type { RandomSource } from "../../base/random.ts";
import { copyRequest, createResponse } from "../message/build.ts";
import type { SipMessage, SipRequest, SipResponse } from "../message/message.ts";
import { serializeMessage } from "../message/serialize.ts";
import type { Via } from "../message/via.ts";
import type { Flow } from "../transport/transport.ts";
import { createCancel } from "./hop-by-hop-requests.ts";
import { InviteClientTransaction } from "./invite-client.ts";
import { InviteServerTransaction } from "./invite-server.ts";
import { clientKey, clientKeyOf, magicCookie, mergeKey, serverKey } from "./matching.ts";
import { NonInviteClientTransaction } from "./non-invite-client.ts";
import { NonInviteServerTransaction } from "./non-invite-server.ts";
import { createStatelessResponse } from "./stateless-response.ts";
import type { Transaction, TransactionHost } from "./transaction-host.ts";
import { transactionLimits } from "./transaction-limits.ts";
import type { TransactionLimits } from "./transaction-limits.ts";
import { newTally } from "./transaction-tally.ts";
import type { TransactionCounts } from "./transaction-tally.ts";
import type { ClientTransactionUser, HeaderFields, TransactionUser } from "./transaction-user.ts";

type AnyServerTransaction = InviteServerTransaction | NonInviteServerTransaction;
type AnyClientTransaction = InviteClientTransaction | NonInviteClientTransaction;

export interface TransactionLayerOptions {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly user: TransactionUser;
  /** The sent-by of our Via for a request that leaves by this flow; an IPv6 host stands in brackets. */
  readonly viaFor: (flow: Flow) => {
    readonly protocol: string;
    readonly host: string;
    readonly port: number;
  };
  /** RFC 3261 §18.2.2, RFC 3581 §4: where the response to a request goes. */
  readonly responseFlow: (topVia: Via, arrivedBy: Flow) => Flow;
  /** Asked only when it is crowded. Everybody is trusted unless this says otherwise. */
  readonly isTrusted?: (flow: Flow) => boolean;
  readonly limits?: TransactionLimits;
  readonly logger?: Logger;
}

/**
 * RFC 3261 §17: hands each request up once and each answer once, repeats what must be repeated and takes in copies.
 * CANCEL, merged requests and overload are dealt with here. Nothing that comes from the network makes it throw, and an
 * exception of its users goes no further than this.
 */
export class TransactionLayer {
  readonly #options: TransactionLayerOptions;
  readonly #limits: TransactionLimits;
  readonly #logger: Logger;
  readonly #host: TransactionHost;
  readonly #servers = new Map<string, AnyServerTransaction>();
  readonly #clients = new Map<string, AnyClientTransaction>();
  /** Requests outside a dialog that wait for their final response, by `mergeKey`. */
  readonly #mergeable = new Map<string, AnyServerTransaction>();
  /** Connections alone: they can close under a transaction. */
  readonly #byConnection = new Map<Flow, Set<Transaction>>();
  readonly #tally = newTally();
  #isClosed = false;

  constructor(options: TransactionLayerOptions) {
    this.#options = options;
    this.#limits = options.limits ?? transactionLimits;
    this.#logger = options.logger ?? silentLogger;
    this.#host = {
      clock: this.#guardedClock(options.clock),
      random: options.random,
      tally: this.#tally,
      responseFlow: options.responseFlow,
      closeMerging: (transaction) => {
        if (transaction.mergeKey !== undefined) this.#mergeable.delete(transaction.mergeKey);
      },
      ended: (transaction) => this.#forget(transaction),
      sendFailed: (transaction, error) => this.#guard(() => transaction.transportFailed(error)),
      ignored: (transaction, event) => this.#noteIgnored(transaction, event),
      cancel: (invite, flow, headers) => this.#sendCancel(invite, flow, headers),
    };
  }

  /** Takes a message from the transport. */
  receive(message: SipMessage, flow: Flow): void {
    if (this.#isClosed) return;
    try {
      if (message.kind === "response") this.#receiveResponse(message, flow);
      else if (message.method === "ACK") this.#receiveAck(message, flow);
      else if (message.method === "CANCEL") this.#receiveCancel(message, flow);
      else this.#receiveRequest(message, flow);
    } catch (bug) {
      this.#noteBug(bug, message.callId);
    }
  }

  /**
   * Sends a request (no ACK, no CANCEL) in a client transaction of its own. What is sent is a copy with a Via and a fresh
   * branch, so the same request can be sent again elsewhere. The user is told nothing before this returns.
   */
  sendRequest(request: SipRequest, flow: Flow, user: ClientTransactionUser): AnyClientTransaction {
    const branch = this.#newBranch();
    const sent = this.#withVia(request, flow, branch);
    const key = clientKey(branch, request.method);
    const transaction =
      request.method === "INVITE"
        ? new InviteClientTransaction(this.#host, key, branch, sent, flow, user)
        : new NonInviteClientTransaction(this.#host, key, branch, sent, flow, user);
    this.#beginClient(transaction);
    return transaction;
  }

  /**
   * Sends the ACK to a 2xx, which is no transaction (RFC 3261 §13.2.2.4). Returns its bytes: the same are sent by the same
   * flow for each further copy of the 2xx.
   */
  sendAck(request: SipRequest, flow: Flow): Buffer {
    const bytes = serializeMessage(this.#withVia(request, flow, this.#newBranch()));
    flow.send(bytes);
    return bytes;
  }

  /** Answers without remembering anything: copies are answered alike. An ACK is never answered. */
  respondStatelessly(request: SipRequest, flow: Flow, status: number, headers?: HeaderFields): void {
    if (request.method !== "ACK")
      this.#send(createStatelessResponse(request, status, headers), request, flow);
  }

  /** A connection is gone: what waited for something by it is told. */
  flowClosed(flow: Flow): void {
    for (const transaction of [...(this.#byConnection.get(flow) ?? [])]) {
      this.#guard(() =>
        transaction.transportFailed({ reason: "closed", detail: "the connection was closed" }),
      );
    }
  }

  counts(): TransactionCounts {
    let inviteServer = 0;
    for (const { kind } of this.#servers.values()) if (kind === "invite") inviteServer++;
    let inviteClient = 0;
    for (const { kind } of this.#clients.values()) if (kind === "invite") inviteClient++;
    return {
      ...this.#tally,
      inviteServer,
      nonInviteServer: this.#servers.size - inviteServer,
      inviteClient,
      nonInviteClient: this.#clients.size - inviteClient,
    };
  }

  /** Stops all timers and forgets everything, telling nobody; what comes later is dropped. Idempotent. */
  close(): void {
    this.#isClosed = true;
    for (const transaction of this.#servers.values()) transaction.close();
    for (const transaction of this.#clients.values()) transaction.close();
    this.#servers.clear();
    this.#clients.clear();
    this.#mergeable.clear();
    this.#byConnection.clear();
  }

  #receiveRequest(request: SipRequest, flow: Flow): void {
    const key = serverKey(request, request.method);
    const known = this.#servers.get(key);
    if (known !== undefined) {
      known.receive({ request, flow });
      return;
    }
    if (this.#isFull(flow)) {
      this.#tally.overloaded++;
      // RFC 3261 §21.5.4: the client may come again later, or go elsewhere at once.
      this.respondStatelessly(request, flow, 503, [["Retry-After", String(this.#limits.retryAfterSeconds)]]);
      return;
    }
    const arrival = { request, flow };
    const transaction =
      request.method === "INVITE"
        ? new InviteServerTransaction(this.#host, key, arrival, this.#options.user)
        : new NonInviteServerTransaction(this.#host, key, arrival, this.#options.user);
    this.#servers.set(key, transaction);
    this.#watchConnection(transaction);
    if (this.#isMerged(request)) {
      this.#tally.merged++;
      transaction.respond(createResponse(request, 482, undefined, { toTag: transaction.localTag }));
      return;
    }
    try {
      transaction.begin(arrival);
    } catch (bug) {
      this.#noteBug(bug, request.callId);
      if (isOpen(transaction)) {
        transaction.respond(createResponse(request, 500, undefined, { toTag: transaction.localTag }));
      }
    }
    // What the user answers at once, as with a 302, never stands in that table.
    if (isOpen(transaction)) this.#openMerging(transaction, request);
  }

  #receiveAck(request: SipRequest, flow: Flow): void {
    const transaction = this.#servers.get(serverKey(request, "INVITE"));
    if (transaction?.kind === "invite") {
      transaction.receive({ request, flow });
      return;
    }
    this.#tally.unmatchedAcks++;
    this.#options.user.onAck(request, flow);
  }

  /** RFC 3261 §9.2. A CANCEL leaves nothing to remember: copies of it find the INVITE in the same way. */
  #receiveCancel(request: SipRequest, flow: Flow): void {
    const invite = this.#servers.get(serverKey(request, "INVITE"));
    // A branch can be seen on the way or guessed: only the host that sent the INVITE takes it back.
    if (invite?.kind !== "invite" || invite.flow.remoteAddress !== flow.remoteAddress) {
      this.#tally.unmatchedCancels++;
      this.respondStatelessly(request, flow, 481);
      return;
    }
    this.#send(createResponse(request, 200, undefined, { toTag: invite.localTag }), request, flow);
    invite.cancelled(request);
  }

  #receiveResponse(response: SipResponse, flow: Flow): void {
    // RFC 3261 §8.1.3.3: with a second Via it is meant for someone behind us, and there is nobody.
    const isOurs = response.status >= 100 && response.status <= 699 && response.vias.length === 1;
    const key = isOurs ? clientKeyOf(response) : undefined;
    const transaction = key === undefined ? undefined : this.#clients.get(key);
    if (transaction !== undefined) {
      transaction.receive(response, flow);
      return;
    }
    this.#tally.strayResponses++;
    if (isOurs) this.#options.user.onStrayResponse?.(response, flow);
  }

  #isFull(flow: Flow): boolean {
    const count = this.#servers.size;
    if (count < this.#limits.strangerTransactions) return false;
    return count >= this.#limits.serverTransactions || this.#options.isTrusted?.(flow) === false;
  }

  #isMerged(request: SipRequest): boolean {
    return this.#mergeable.size > 0 && request.toTag === undefined && this.#mergeable.has(mergeKey(request));
  }

  #openMerging(transaction: AnyServerTransaction, request: SipRequest): void {
    if (request.toTag !== undefined) return;
    transaction.mergeKey = mergeKey(request);
    this.#mergeable.set(transaction.mergeKey, transaction);
  }

  #sendCancel(invite: SipRequest, flow: Flow, headers: HeaderFields): void {
    const branch = invite.topVia?.branch ?? "";
    const cancel = createCancel(invite, headers);
    this.#beginClient(
      new NonInviteClientTransaction(this.#host, clientKey(branch, "CANCEL"), branch, cancel, flow, nobody),
    );
  }

  #beginClient(transaction: AnyClientTransaction): void {
    this.#clients.set(transaction.key, transaction);
    this.#watchConnection(transaction);
    transaction.begin();
  }

  #newBranch(): string {
    return magicCookie + this.#options.random.token(128);
  }

  #withVia(request: SipRequest, flow: Flow, branch: string): SipRequest {
    const { protocol, host, port } = this.#options.viaFor(flow);
    const sent = copyRequest(request);
    // RFC 3581 §3: rport lets the answer come back through a NAT.
    sent.headers.prepend("Via", `SIP/2.0/${protocol} ${host}:${port};branch=${branch};rport`);
    return sent;
  }

  #send(response: SipResponse, request: SipRequest, arrivedBy: Flow): void {
    const via = request.topVia;
    const flow = via === undefined ? arrivedBy : this.#options.responseFlow(via, arrivedBy);
    flow.send(serializeMessage(response));
  }

  #watchConnection(transaction: Transaction): void {
    const { flow } = transaction;
    if (!flow.isReliable) return;
    const others = this.#byConnection.get(flow);
    if (others === undefined) this.#byConnection.set(flow, new Set([transaction]));
    else others.add(transaction);
  }

  #forget(transaction: Transaction): void {
    const { key, flow } = transaction;
    if (this.#servers.get(key) === transaction) this.#servers.delete(key);
    else if (this.#clients.get(key) === transaction) this.#clients.delete(key);
    if (!flow.isReliable) return;
    const others = this.#byConnection.get(flow);
    others?.delete(transaction);
    if (others?.size === 0) this.#byConnection.delete(flow);
  }

  #noteIgnored({ figureName, state }: Transaction, event: string): void {
    this.#tally.ignoredEvents++;
    this.#logger.debug({ transaction: figureName, state, event }, "event without an arrow");
  }

  #noteBug(bug: unknown, callId?: string): void {
    this.#tally.bugs++;
    this.#logger.error({ error: bug, callId }, "exception in a transaction user");
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (bug) {
      this.#noteBug(bug);
    }
  }

  /** A bug that a timer brings to light must not end the process. */
  #guardedClock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      wallTime: () => clock.wallTime(),
      after: (delayMs, run) => clock.after(delayMs, () => this.#guard(run)),
    };
  }
}

/** What becomes of a CANCEL is of no interest: the INVITE's own response says all. */
const nobody: ClientTransactionUser = { onResponse() {}, onTimeout() {}, onTransportError() {} };

function isOpen({ state }: AnyServerTransaction): boolean {
  return state === "trying" || state === "proceeding";
}
