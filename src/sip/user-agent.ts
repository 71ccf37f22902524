/**
 * The one door to the SIP core: everything outside `sip/` imports from here alone.
 */
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { RandomSource } from "../base/random.ts";
import type { Result } from "../base/result.ts";
import type { ParseFailure, SipMessage, SipRequest } from "./message/message.ts";
import type { SipUri } from "./message/uri.ts";
import type { ContactAddress } from "./registration/contact-address.ts";
import { SuccessAck } from "./dialog/success-ack.ts";
import type { SentAck } from "./dialog/success-ack.ts";
import type { Way } from "./dialog/way.ts";
import { LocatingRequestSender } from "./transaction/request-sender.ts";
import type { RequestSender } from "./transaction/request-sender.ts";
import { TransactionLayer } from "./transaction/transaction-layer.ts";
import type { TransactionLimits } from "./transaction/transaction-limits.ts";
import type { TransactionCounts } from "./transaction/transaction-tally.ts";
import type { HeaderFields, ServerTransaction } from "./transaction/transaction-user.ts";
import type { ListeningPoint } from "./transport/listening-point.ts";
import type { Resolver } from "./transport/resolver.ts";
import type { TrustedServer } from "./transport/server-trust.ts";
import { ServerLocator } from "./transport/server-locator.ts";
import { TransportLayer } from "./transport/transport-layer.ts";
import type { Endpoint, Flow, Transport, TransportProtocol } from "./transport/transport.ts";

export interface UserAgentOptions {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly logger: Logger;
  readonly resolver: Resolver;
  readonly handler: RequestHandler;
  readonly limits?: TransactionLimits;
}

/** What becomes of a request before it costs any memory: it is let in, dropped, or answered without a transaction. */
export type Screening =
  | { readonly verdict: "accept" }
  | { readonly verdict: "drop" }
  | { readonly verdict: "answer"; readonly status: number; readonly headers?: HeaderFields };

/** Who answers requests. */
export interface RequestHandler {
  /** Asked for each request but ACK, before a transaction is made. */
  screen(request: SipRequest, flow: Flow): Screening;
  /** Asked when transactions are many: only who is trusted gets new ones then. */
  isTrusted(flow: Flow): boolean;
  /** Bytes that are no message came by this flow; false: they are not answered. */
  answersMalformed(flow: Flow): boolean;
  /** A new request, once. */
  onRequest(transaction: ServerTransaction, request: SipRequest, flow: Flow): void;
  /** The ACK to a 2xx, or one that belongs nowhere. */
  onAck(request: SipRequest, flow: Flow): void;
  /** A connection has closed; its transactions have been told. */
  onFlowClosed?(flow: Flow): void;
}

/** RFC 3261 §19.1.1: UDP needs no transport parameter. RFC 7118 §5.2.2: it is `ws` with TLS and without. */
const contactTransports: Readonly<
  Partial<Record<TransportProtocol, NonNullable<ContactAddress["transport"]>>>
> = {
  TCP: "tcp",
  TLS: "tls",
  WS: "ws",
  WSS: "ws",
};

/** A SIP element: sockets, transactions and the way to other servers, put together (RFC 3261 §5). */
export class UserAgent {
  /** Sends requests to wherever RFC 3263 leads. */
  readonly sender: RequestSender;
  /** The transactions, for those who choose the flow of a request themselves. */
  readonly transactions: TransactionLayer;
  readonly #handler: RequestHandler;
  readonly #logger: Logger;
  readonly #transports: TransportLayer;
  readonly #locator: ServerLocator;
  #malformed = 0;

  constructor(options: UserAgentOptions) {
    const { clock, random, logger, resolver, handler } = options;
    this.#handler = handler;
    this.#logger = logger;
    this.#transports = new TransportLayer({
      clock,
      logger,
      user: {
        onMessage: (message, flow) => this.#receive(message, flow),
        onMalformed: (failure, flow) => this.#answerMalformed(failure, flow),
        onFlowClosed: (flow) => {
          this.transactions.flowClosed(flow);
          handler.onFlowClosed?.(flow);
        },
      },
    });
    this.transactions = new TransactionLayer({
      clock,
      random,
      logger,
      user: {
        onRequest: (transaction, request, flow) => handler.onRequest(transaction, request, flow),
        onAck: (request, flow) => handler.onAck(request, flow),
      },
      viaFor: (flow) => this.#transports.viaFor(flow),
      isTrusted: (flow) => handler.isTrusted(flow),
      responseFlow: (via, arrivedBy) => this.#transports.responseFlow(via, arrivedBy),
      ...(options.limits === undefined ? undefined : { limits: options.limits }),
    });
    this.#locator = new ServerLocator({
      resolver,
      random,
      clock,
      logger,
      protocols: () => this.#transports.protocols,
    });
    this.sender = new LocatingRequestSender({
      clock,
      logger,
      layer: this.transactions,
      locate: (uri) => this.#locate(uri),
      flowTo: (endpoint) => this.#transports.flowTo(endpoint),
    });
  }

  /** Opens a listening point. The failure is a sentence: the port is taken, the address is not this machine's. */
  listen(point: ListeningPoint): Promise<Result<Transport, string>> {
    return this.#transports.listen(point);
  }

  /** Sends the ACK to a 2xx, which is no transaction, that way, or else to wherever RFC 3263 leads. */
  acknowledge(ack: SipRequest, nextHop: SipUri, way?: Way): SentAck {
    const ports = {
      locate: (uri: SipUri) => this.#locate(uri),
      flowTo: (endpoint: Endpoint) => this.#transports.flowTo(endpoint),
      sendAck: (request: SipRequest, flow: Flow) => this.transactions.sendAck(request, flow),
    };
    return new SuccessAck(ports, ack, nextHop, way);
  }

  /** Every address that the server of `uri` may call from. */
  resolveAddresses(uri: SipUri): Promise<Result<string[], string>> {
    return this.#locator.resolveAddresses(uri);
  }

  /** Where we are reached by what comes back along this flow: for our Contact. */
  contactAddress(flow: Flow): ContactAddress {
    const { host, port, isAdvertised } = this.#transports.viaFor(flow);
    const transport = contactTransports[flow.protocol];
    return { host, port, isAdvertised, ...(transport === undefined ? undefined : { transport }) };
  }

  /** From where that flow came, to another port at its other end; datagrams alone. */
  toPort(flow: Flow, port: number): Flow {
    return this.#transports.toPort(flow, port);
  }

  /** Whether a host and port lead to one of our own listening points. */
  isOwnAddress(host: string, port: number): boolean {
    return this.#transports.isOwnAddress(host, port);
  }

  /** Which certificates are believed of which servers; those that are not named need the system's word and their own name. */
  trustServers(servers: readonly TrustedServer[]): void {
    this.#transports.trust.set(servers);
  }

  /** Reads the certificates of all listening points again, without harm to connections. Never rejects. */
  reloadCertificates(): Promise<void> {
    return this.#transports.reloadCertificates();
  }

  /** Whether that is one of our own listening points. */
  isOwnServer({ address, port }: Endpoint): boolean {
    return this.#transports.isOwnAddress(address, port);
  }

  counts(): TransactionCounts & { readonly malformed: number; readonly connections: number } {
    const { connections } = this.#transports.counts();
    return { ...this.transactions.counts(), malformed: this.#malformed, connections };
  }

  /** Idempotent. What is under way ends without a word; whoever wants to say goodbye does so before. */
  async close(): Promise<void> {
    this.transactions.close();
    await this.#transports.close();
  }

  async #locate(uri: SipUri): Promise<Result<readonly Endpoint[], string>> {
    const located = await this.#locator.locate(uri);
    // Via and Contact must name the address that this server sees: on a machine with several it has to be found out first.
    if (located.ok)
      await Promise.all(located.value.map(({ address }) => this.#transports.learnRoute(address)));
    return located;
  }

  #receive(message: SipMessage, flow: Flow): void {
    if (message.kind === "request" && message.method !== "ACK") {
      const screening = this.#handler.screen(message, flow);
      if (screening.verdict === "drop") return;
      if (screening.verdict === "answer") {
        // RFC 3261 §8.2.7: a stateless answer, so that strangers cannot make us remember anything.
        this.transactions.respondStatelessly(message, flow, screening.status, screening.headers);
        return;
      }
    }
    this.transactions.receive(message, flow);
  }

  #answerMalformed(failure: ParseFailure, flow: Flow): void {
    this.#malformed++;
    this.#logger.debug({ reason: failure.reason, remote: flow.remoteAddress }, "malformed message");
    const { respondable, status } = failure;
    if (respondable === undefined || status === undefined || !this.#handler.answersMalformed(flow)) return;
    this.transactions.respondStatelessly(respondable, flow, status);
  }
}

export { DigestClient } from "./auth/digest-client.ts";
export { DigestServer } from "./auth/digest-server.ts";
export type { DigestJudgement } from "./auth/digest-server.ts";
export { IncomingInvite } from "./dialog/incoming-invite.ts";
export { InviteCore } from "./dialog/invite-core.ts";
export { OutgoingInvite } from "./dialog/outgoing-invite.ts";
export type { InviteFailure, OutgoingInviteOptions } from "./dialog/outgoing-invite.ts";
export { EarlyDialog, rackOf } from "./dialog/early-dialog.ts";
export type { AnswerParts } from "./dialog/incoming-invite.ts";
export type { Authorize } from "./dialog/dialog-request.ts";
export type { DialogRequestUser } from "./dialog/dialog-request.ts";
export type { DialogRequestParts } from "./dialog/dialog.ts";
export { Session } from "./dialog/session.ts";
export type { SessionEnd } from "./dialog/session.ts";
export { agreeOnInterval, offerHeaders, readIntervalRequest } from "./dialog/session-interval.ts";
export type { IntervalAgreement, IntervalOffer, IntervalRequest } from "./dialog/session-interval.ts";
export { SessionTimer } from "./dialog/session-timer.ts";
export { wayBack } from "./dialog/way.ts";
export type { OwnWay, Way } from "./dialog/way.ts";
export { createRequest, createResponse } from "./message/build.ts";
export { contactExpires, contactPreference, readContacts } from "./message/contact.ts";
export { readExpires } from "./message/durations.ts";
export { readDiversions } from "./message/diversion.ts";
export type { Diversion } from "./message/diversion.ts";
export { readHistoryInfo, serializeHistoryEntry } from "./message/history-info.ts";
export type { HistoryEntry } from "./message/history-info.ts";
export { readPAssertedIdentity, readPrivacy, readRemotePartyId } from "./message/identity.ts";
export { readRSeq } from "./message/rack.ts";
export { readReasons, serializeReason } from "./message/reason.ts";
export { SipRequest, SipResponse } from "./message/message.ts";
export type { SipMessage } from "./message/message.ts";
export { parseNameAddr, serializeNameAddr } from "./message/name-addr.ts";
export type { NameAddr } from "./message/name-addr.ts";
export { parseReplaces, readReplaces, serializeReplaces } from "./message/replaces.ts";
export { decodeText, encodeText } from "./message/text.ts";
export { escapeUser, parseSipUri, parseUri, serializeSipUri, unescapeUser } from "./message/uri.ts";
export type { SipUri } from "./message/uri.ts";
export type { AuthenticationFailure } from "./auth/digest-client.ts";
export { contactUri, isSameAddress } from "./registration/contact-address.ts";
export type { ContactAddress } from "./registration/contact-address.ts";
export { Machine, to } from "./transaction/machine.ts";
export type { Figure } from "./transaction/machine.ts";
export { LocationRegistrar } from "./registrar/location-registrar.ts";
export type { RegisterAnswer } from "./registrar/location-registrar.ts";
export { isSameBinding } from "./registrar/binding.ts";
export type { Binding, LocationService } from "./registrar/binding.ts";
export type { Registrar } from "./registration/registrar.ts";
export type { RegistrationFailure } from "./registration/registration-failure.ts";
export { Registration } from "./registration/registration.ts";
export type { RegistrationStatus, RegistrationUser } from "./registration/registration.ts";
export type { RequestOutcome, RequestSender, SentRequest } from "./transaction/request-sender.ts";
export type {
  HeaderFields,
  ServerTransaction,
  ServerTransactionEnd,
} from "./transaction/transaction-user.ts";
export { neighbourhood } from "./transport/ip-address.ts";
export { parseListeningPoint, serializeListeningPoint } from "./transport/listening-point.ts";
export type { ListeningPoint } from "./transport/listening-point.ts";
export type { Resolver } from "./transport/resolver.ts";
export { SystemResolver } from "./transport/system-resolver.ts";
export type { Endpoint, Flow, Transport, TransportProtocol } from "./transport/transport.ts";
