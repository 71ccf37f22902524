/**
 * The transport port (RFC 3261 §18): what the layers above know of sockets.
 * UDP, TCP and what is to come (TLS, WebSocket) each implement `Transport` in one file.
 */
import type { ParseFailure, SipMessage } from "../message/message.ts";

export type TransportProtocol = "UDP" | "TCP" | "TLS" | "WS" | "WSS";

/** Where a request can be sent: the outcome of RFC 3263. */
export interface Endpoint {
  readonly protocol: TransportProtocol;
  /** IPv4 or IPv6 address, without brackets. */
  readonly address: string;
  readonly port: number;
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
  /** The flow to a remote address: a datagram flow, a connection that is open already, or a new one. */
  flowTo(address: string, port: number): Flow;
  /** Idempotent; closes the connections too. */
  close(): Promise<void>;
}
