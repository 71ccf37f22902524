import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import { fail, succeed } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";
import type { ParseFailure, SipMessage } from "../message/message.ts";
import type { Via } from "../message/via.ts";
import { Certificates } from "./certificates.ts";
import { ConnectionTable, connectionLimits } from "./connection-table.ts";
import type { ConnectionLimits } from "./connection-table.ts";
import {
  canonicalAddress,
  hostOfAddress,
  isIpv6Address,
  isLoopbackAddress,
  isWildcardAddress,
} from "./ip-address.ts";
import { serializeListeningPoint } from "./listening-point.ts";
import type { ListeningPoint } from "./listening-point.ts";
import { LocalAddresses } from "./local-addresses.ts";
import { completeTopVia, responsePort, sentByPort } from "./received-via.ts";
import { ServerTrust } from "./server-trust.ts";
import type { StreamConnection, StreamLimits } from "./stream-connection.ts";
import { openTcpTransport } from "./tcp-transport.ts";
import { openTlsTransport } from "./tls-transport.ts";
import type { Endpoint, Flow, Transport, TransportProtocol, TransportUser } from "./transport.ts";
import { openUdpTransport } from "./udp-transport.ts";
import { openWebSocketTransport } from "./websocket-transport.ts";

export interface TransportLimits extends ConnectionLimits, StreamLimits {}

export interface TransportLayerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly user: TransportUser;
  readonly limits?: Partial<TransportLimits>;
}

/** What stands in a Via, and as host and port in a Contact (RFC 3261 §18.1.1). */
export interface SentBy {
  readonly protocol: TransportProtocol;
  /** IPv6 in brackets. */
  readonly host: string;
  readonly port: number;
  /** The host is the listening point's `advertisedHost`. */
  readonly isAdvertised: boolean;
}

/** What has come since the start, and what is open. */
export interface TransportCounts {
  readonly messages: number;
  readonly malformed: number;
  /** Responses to requests that we never sent. */
  readonly foreignResponses: number;
  readonly connections: number;
}

interface OpenPoint {
  readonly point: ListeningPoint;
  readonly transport: Transport;
  readonly certificates: Certificates | undefined;
}

const withoutCertificate = Promise.resolve(fail("it has no certificate"));

/**
 * All listening points as one (RFC 3261 §18): picks the flow for what goes out, and completes, checks and hands up what
 * comes in. An exception of the user is a bug; it is logged here, and costs that message alone.
 */
export class TransportLayer {
  readonly #options: TransportLayerOptions;
  readonly #addresses: LocalAddresses;
  readonly #connections: ConnectionTable<StreamConnection>;
  readonly #user: TransportUser;
  readonly #open: OpenPoint[] = [];
  /** Which certificates are believed of servers that we connect to. */
  readonly trust = new ServerTrust();
  #messages = 0;
  #malformed = 0;
  #foreignResponses = 0;

  constructor(options: TransportLayerOptions) {
    this.#options = options;
    this.#addresses = new LocalAddresses(options.clock);
    this.#connections = new ConnectionTable({ ...connectionLimits, ...options.limits });
    this.#user = {
      onMessage: (message, flow) => this.#guard(() => this.#onMessage(message, flow), message),
      onMalformed: (failure, flow) => this.#guard(() => this.#onMalformed(failure, flow)),
      onFlowClosed: (flow) => this.#guard(() => options.user.onFlowClosed(flow)),
    };
  }

  /** Opens a listening point. The failure is a sentence for who runs the server: for instance that the port is taken. */
  async listen(point: ListeningPoint): Promise<Result<Transport, string>> {
    const loaded = await this.#loadCertificates(point);
    const certificates = loaded.ok ? loaded.value : undefined;
    const opened = loaded.ok ? await this.#openTransport(point, certificates) : loaded;
    if (!opened.ok) {
      certificates?.close();
      return fail(`${serializeListeningPoint(point)} cannot be opened: ${opened.failure}`);
    }
    this.#open.push({ point, transport: opened.value, certificates });
    return opened;
  }

  /** Reads all certificates again now, rather than when their files are looked at next. Never rejects. */
  async reloadCertificates(): Promise<void> {
    await Promise.all(this.#open.map(async ({ certificates }) => certificates?.reload()));
  }

  /** The protocols that can be sent by, in the order in which their listening points were opened. */
  get protocols(): TransportProtocol[] {
    return [...new Set(this.#open.map(({ transport }) => transport.protocol))];
  }

  get transports(): readonly Transport[] {
    return this.#open.map(({ transport }) => transport);
  }

  /** Undefined where no listening point of that protocol and address family is open. */
  flowTo({ protocol, address, port, domain }: Endpoint): Flow | undefined {
    return this.#pointToward(protocol, address)?.transport.flowTo(address, port, domain);
  }

  /**
   * By what the response to a request goes, whose topmost Via is given as it was handed up. RFC 3261 §18.2.2: a reliable
   * one by its connection, and by a new one when that has closed; a datagram from the socket it came to.
   */
  responseFlow(topVia: Via, arrivedBy: Flow): Flow {
    const { protocol, remoteAddress: address, remotePort } = arrivedBy;
    if (arrivedBy.isReliable) {
      if (arrivedBy.isOpen) return arrivedBy;
      // RFC 5922 §7.3: over TLS the host in sent-by is whose certificate must be there.
      return this.flowTo({ protocol, address, port: sentByPort(topVia), domain: topVia.host }) ?? arrivedBy;
    }
    const port = responsePort(topVia, remotePort);
    return this.toPort(arrivedBy, port);
  }

  /** From the socket that a datagram came to, to another port at the address it came from. */
  toPort(flow: Flow, port: number): Flow {
    if (port === flow.remotePort) return flow;
    return this.#pointOf(flow)?.transport.flowTo(flow.remoteAddress, port) ?? flow;
  }

  /** What to write of ourselves into what goes out by that flow. */
  viaFor(flow: Flow): SentBy {
    const open = this.#pointOf(flow);
    const port = open?.transport.localPort ?? flow.localPort;
    const advertised = open?.point.advertisedHost;
    const host = advertised ?? hostOfAddress(this.#sourceAddress(flow));
    return { protocol: flow.protocol, host, port, isAdvertised: advertised !== undefined };
  }

  /** Whether a host, and port where one is given, leads to one of our own listening points. */
  isOwnAddress(host: string, port?: number): boolean {
    const address = canonicalAddress(host);
    return this.#open.some(({ point, transport }) => {
      if (port !== undefined && port !== transport.localPort) return false;
      if (point.advertisedHost === host.toLowerCase()) return true;
      if (address === undefined) return false;
      if (!isWildcardAddress(point.address)) return point.address === address;
      return isIpv6Address(point.address) === isIpv6Address(address) && this.#addresses.has(address);
    });
  }

  /**
   * Finds out from which of several addresses the machine reaches `address`; until then the likeliest is taken. Worth
   * waiting for before the first request to a PBX. Never rejects.
   */
  learnRoute(address: string): Promise<void> {
    return this.#addresses.learn(address);
  }

  counts(): TransportCounts {
    return {
      messages: this.#messages,
      malformed: this.#malformed,
      foreignResponses: this.#foreignResponses,
      connections: this.#connections.size,
    };
  }

  /** Closes all listening points and connections. Idempotent. */
  async close(): Promise<void> {
    for (const { certificates } of this.#open) certificates?.close();
    await Promise.all(this.#open.map(({ transport }) => transport.close()));
  }

  async #loadCertificates({
    certificates,
  }: ListeningPoint): Promise<Result<Certificates | undefined, string>> {
    const { clock, logger } = this.#options;
    return certificates === undefined
      ? succeed(undefined)
      : await Certificates.load(certificates, { clock, logger });
  }

  #openTransport(
    point: ListeningPoint,
    certificates: Certificates | undefined,
  ): Promise<Result<Transport, string>> {
    const { clock, logger, limits = {} } = this.#options;
    const { protocol, origins } = point;
    const common = { address: point.address, port: point.port, user: this.#user, logger };
    const stream = { ...common, clock, limits, connections: this.#connections };
    switch (protocol) {
      case "UDP":
        return openUdpTransport(common);
      case "TCP":
        return openTcpTransport(stream);
      case "TLS":
        return certificates === undefined
          ? withoutCertificate
          : openTlsTransport({ ...stream, certificates, trust: this.trust });
      case "WS":
        return openWebSocketTransport({ ...stream, certificates: undefined, origins });
      case "WSS":
        return certificates === undefined
          ? withoutCertificate
          : openWebSocketTransport({ ...stream, certificates, origins });
    }
  }

  #onMessage(message: SipMessage, flow: Flow): void {
    this.#messages++;
    if (message.kind === "request") {
      completeTopVia(message, flow.remoteAddress, flow.remotePort);
    } else if (!this.#isOurs(message.topVia)) {
      // RFC 3261 §18.1.2: a response whose topmost Via is none of ours is dropped in silence.
      this.#foreignResponses++;
      return;
    }
    this.#options.user.onMessage(message, flow);
  }

  #onMalformed(failure: ParseFailure, flow: Flow): void {
    this.#malformed++;
    if (failure.respondable !== undefined) {
      completeTopVia(failure.respondable, flow.remoteAddress, flow.remotePort);
    }
    this.#options.user.onMalformed(failure, flow);
  }

  #isOurs(via: Via | undefined): boolean {
    return via !== undefined && this.isOwnAddress(via.host, sentByPort(via));
  }

  /** The listening point from which to reach an address: the one bound to the address we have toward it, then the likeliest. */
  #pointToward(protocol: TransportProtocol, address: string): OpenPoint | undefined {
    const fitting = this.#open.filter(
      ({ point }) => point.protocol === protocol && isIpv6Address(point.address) === isIpv6Address(address),
    );
    if (fitting.length <= 1) return fitting[0];
    const source = this.#addresses.toward(address);
    return (
      fitting.find(({ point }) => point.address === source) ??
      fitting.find(({ point }) => isWildcardAddress(point.address)) ??
      fitting.find(({ point }) => isLoopbackAddress(point.address) === isLoopbackAddress(address)) ??
      fitting[0]
    );
  }

  /** The listening point that a flow belongs to. A connection that we opened has a port of its own, so the port tells little. */
  #pointOf(flow: Flow): OpenPoint | undefined {
    const ofProtocol = this.#open.filter(({ point }) => point.protocol === flow.protocol);
    return (
      ofProtocol.find(
        ({ point, transport }) =>
          point.address === flow.localAddress && transport.localPort === flow.localPort,
      ) ??
      ofProtocol.find(({ transport }) => transport.localPort === flow.localPort) ??
      this.#pointToward(flow.protocol, flow.remoteAddress)
    );
  }

  #sourceAddress(flow: Flow): string {
    if (!isWildcardAddress(flow.localAddress)) return flow.localAddress;
    void this.#addresses.learn(flow.remoteAddress);
    return this.#addresses.toward(flow.remoteAddress);
  }

  #guard(run: () => void, message?: SipMessage): void {
    try {
      run();
    } catch (error) {
      this.#options.logger.error(
        { error, callId: message?.headers.get("Call-ID") },
        "an incoming message met a fault of ours",
      );
    }
  }
}
