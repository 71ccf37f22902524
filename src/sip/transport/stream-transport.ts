import { isIP } from "node:net";
import type { Server, Socket } from "node:net";
import type { Clock } from "../../base/clock.ts";
import type { Result } from "../../base/result.ts";
import type { Logger } from "../../base/logger.ts";
import type { ConnectionTable } from "./connection-table.ts";
import { canonicalAddress } from "./ip-address.ts";
import { Entrance } from "./entrance.ts";
import { StreamConnection, streamLimits } from "./stream-connection.ts";
import type { Framing, StreamConnectionOwner, StreamLimits, StreamSocket } from "./stream-connection.ts";
import type { Flow, Transport, TransportError, TransportProtocol, TransportUser } from "./transport.ts";

/** What all reliable transports are given. */
export interface StreamTransportOptions {
  /** Numeric; `0.0.0.0` or `::` for all addresses of that family. */
  readonly address: string;
  readonly port: number;
  readonly user: TransportUser;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Shared by all transports, so that its caps hold for all of them together. */
  readonly connections: ConnectionTable<StreamConnection>;
  readonly limits?: Partial<StreamLimits>;
}

/** What one reliable transport does its own way. */
export interface StreamSockets {
  readonly protocol: TransportProtocol;
  /** Listens already. Its connections are handed to `StreamTransport.accept`. */
  readonly server: Server;
  /** A socket that is connecting; the failure says why there is none. */
  connect(address: string, port: number, domain: string): Result<StreamSocket, string>;
  /** By what a connection is told from another to the same address; absent: the address is all there is. */
  identityOf?(address: string, domain: string): string;
  /** As `StreamConnectionOptions.readyEvent`. */
  readonly readyEvent?: "secureConnect";
  /** Absent: a stream with Content-Length. */
  framing?(): Framing;
}

/**
 * A reliable transport at one listening point: takes connections up, opens them, and finds one again for whoever sends to
 * its other end. TCP is `openTcpTransport`; TLS differs in its sockets alone.
 */
export class StreamTransport implements Transport, StreamConnectionOwner {
  readonly protocol: TransportProtocol;
  readonly localAddress: string;
  readonly localPort: number;
  readonly #sockets: StreamSockets;
  readonly #options: StreamTransportOptions;
  readonly #mine = new Set<StreamConnection>();
  readonly #entrance: Entrance;
  #closed: Promise<void> | undefined;

  constructor(sockets: StreamSockets, options: StreamTransportOptions) {
    const bound = sockets.server.address();
    this.protocol = sockets.protocol;
    this.localAddress = options.address;
    this.localPort = typeof bound === "object" && bound !== null ? bound.port : options.port;
    this.#sockets = sockets;
    this.#options = options;
    const { handshakeMs } = { ...streamLimits, ...options.limits };
    this.#entrance = new Entrance({ ...options, protocol: sockets.protocol, handshakeMs });
    // Out of file descriptors, for one (CHECKS D05): the listening socket stays and takes the next connection it can.
    sockets.server.on("error", (error) => {
      options.logger.debug({ error: error.message }, "connection not accepted");
    });
  }

  /** RFC 3261 §18.1.1: a connection to that address and port that is open is used again, whoever opened it. */
  flowTo(address: string, port: number, domain: string = address): Flow {
    const { connections } = this.#options;
    const identity = this.#sockets.identityOf?.(address, domain);
    const open = connections.find(this.protocol, address, port, identity);
    if (open?.isOpen === true) return open;
    const remote = { protocol: this.protocol, address, port };
    if (this.#closed !== undefined) return new ClosedFlow(this, remote, "closed", "the transport is closed");
    if (port < 1 || port > 65_535) return new ClosedFlow(this, remote, "failed", `${port} is no port`);
    if (isIP(address) === 0) return new ClosedFlow(this, remote, "failed", `"${address}" is no address`);
    if (!connections.admits(address, true)) {
      return new ClosedFlow(this, remote, "overflow", "too many connections are open");
    }
    const socket = this.#sockets.connect(address, port, domain);
    if (!socket.ok) return new ClosedFlow(this, remote, "failed", socket.failure);
    return this.#add(socket.value, remote, true, identity);
  }

  /** A connection that came in and has a handshake before it. One for which there is no room is closed at once. */
  admit(socket: Socket): void {
    if (this.#closed === undefined) this.#entrance.admit(socket);
    else socket.destroy();
  }

  /** A connection that came in and is ready. One for which there is no room is closed at once. */
  accept(socket: StreamSocket): void {
    this.#entrance.leave(socket);
    const address = socket.remoteAddress === undefined ? undefined : canonicalAddress(socket.remoteAddress);
    const port = socket.remotePort;
    const { connections } = this.#options;
    // A peer that has gone again already has no address any more.
    if (address === undefined || port === undefined || this.#closed !== undefined) {
      socket.destroy();
      return;
    }
    if (!connections.admits(address, false)) {
      this.#options.logger.debug({ address }, "connection refused: too many are open");
      socket.destroy();
      return;
    }
    this.#add(socket, { protocol: this.protocol, address, port }, false);
  }

  onProven(connection: StreamConnection): void {
    this.#options.connections.prove(connection);
  }

  onClosed(connection: StreamConnection): void {
    this.#mine.delete(connection);
    this.#options.connections.remove(connection);
  }

  close(): Promise<void> {
    return (this.#closed ??= new Promise((resolve) => {
      // Told once the last connection has gone.
      this.#sockets.server.close(() => resolve());
      this.#entrance.close();
      for (const connection of this.#mine) connection.close();
    }));
  }

  #add(
    socket: StreamSocket,
    remote: { protocol: TransportProtocol; address: string; port: number },
    isOutbound: boolean,
    identity?: string,
  ): StreamConnection {
    const { clock, user, limits, connections } = this.#options;
    const framing = this.#sockets.framing?.();
    const connection = new StreamConnection({
      socket,
      remote,
      localAddress: this.localAddress,
      isOutbound,
      identity,
      readyEvent: this.#sockets.readyEvent,
      clock,
      user,
      owner: this,
      ...(limits === undefined ? undefined : { limits }),
      ...(framing === undefined ? undefined : { framing }),
    });
    this.#mine.add(connection);
    connections.add(connection);
    return connection;
  }
}

/** Where no connection could be had: says so to whoever sends. */
class ClosedFlow implements Flow {
  readonly isReliable = true;
  readonly isOpen = false;
  readonly localPort = 0;
  readonly protocol: TransportProtocol;
  readonly localAddress: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly #error: TransportError;

  constructor(
    transport: Transport,
    remote: { address: string; port: number },
    reason: TransportError["reason"],
    detail: string,
  ) {
    this.protocol = transport.protocol;
    this.localAddress = transport.localAddress;
    this.remoteAddress = remote.address;
    this.remotePort = remote.port;
    this.#error = { reason, detail };
  }

  send(_bytes: Buffer, onError?: (error: TransportError) => void): void {
    if (onError !== undefined) process.nextTick(onError, this.#error);
  }
}
