/**
 * The transport port (RFC 3261 §18): what the layers above know of sockets.
 * UDP has a file of its own; TCP, TLS and WebSocket differ in their sockets alone and share `StreamTransport`.
 */
import type { ParseFailure, SipMessage } from "../message/message.ts";

export type TransportProtocol = "UDP" | "TCP" | "TLS" | "WS" | "WSS";

/** Where a request can be sent: the outcome of RFC 3263. */
export interface Endpoint {
  readonly protocol: TransportProtocol;
  /** IPv4 or IPv6 address, without brackets. */
  readonly address: string;
  readonly port: number;
  /** Who is to be found there, by TLS: the name that was asked for, which its certificate has to bear (RFC 5922 §7.3). */
  readonly domain?: string;
}

/** RFC 5626 §3: the path between one local and one remote address and port; what came by it can be answered by it. */
export interface Flow {
  readonly protocol: TransportProtocol;
  /** A reliable transport delivers or closes: its transactions do not retransmit. */
  readonly isReliable: boolean;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** False once a connection has closed. A datagram flow stays open as long as its socket. */
  readonly isOpen: boolean;
  /** Sends one whole message. Never throws; a failure is told once and later, never before `send` returns. */
  send(bytes: Buffer, onError?: (error: TransportError) => void): void;
  /**
   * A request that left by it was never answered. A connection by which nothing at all has come for as long is given up:
   * its other end has vanished without closing it.
   */
  suspect?(): void;
}

export interface TransportError {
  readonly reason: "refused" | "unreachable" | "closed" | "too-large" | "overflow" | "failed";
  readonly detail: string;
}

/** Who is handed what arrives. */
export interface TransportUser {
  onMessage(message: SipMessage, flow: Flow): void;
  /** Bytes that are no message. `failure.respondable` holds what a 400 needs, where one can be sent. */
  onMalformed(failure: ParseFailure, flow: Flow): void;
  onFlowClosed(flow: Flow): void;
}

/** One open listening point. */
export interface Transport {
  readonly protocol: TransportProtocol;
  readonly localAddress: string;
  readonly localPort: number;
  /**
   * The flow to a remote address: a datagram flow, a connection that is open already, or a new one. With TLS `domain` says
   * whose certificate is wanted there; without it the address itself must be in it.
   */
  flowTo(address: string, port: number, domain?: string): Flow;
  /** Idempotent; closes the connections too. */
  close(): Promise<void>;
}
