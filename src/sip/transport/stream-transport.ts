import { isIP } from "node:net";
import type { Server, Socket } from "node:net";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { ConnectionTable } from "./connection-table.ts";
import { canonicalAddress } from "./ip-address.ts";
import { StreamConnection } from "./stream-connection.ts";
import type { StreamConnectionOwner, StreamLimits } from "./stream-connection.ts";
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
  /** A socket that is connecting. */
  connect(address: string, port: number): Socket;
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
  #closed: Promise<void> | undefined;

  constructor(sockets: StreamSockets, options: StreamTransportOptions) {
    const bound = sockets.server.address();
    this.protocol = sockets.protocol;
    this.localAddress = options.address;
    this.localPort = typeof bound === "object" && bound !== null ? bound.port : options.port;
    this.#sockets = sockets;
    this.#options = options;
    // Out of file descriptors, for one (CHECKS D05): the listening socket stays and takes the next connection it can.
    sockets.server.on("error", (error) => {
      options.logger.debug({ error: error.message }, "connection not accepted");
    });
  }

  /** RFC 3261 §18.1.1: a connection to that address and port that is open is used again, whoever opened it. */
  flowTo(address: string, port: number): Flow {
    const { connections } = this.#options;
    const open = connections.find(this.protocol, address, port);
    if (open?.isOpen === true) return open;
    const remote = { protocol: this.protocol, address, port };
    if (this.#closed !== undefined) return new ClosedFlow(this, remote, "closed", "the transport is closed");
    if (port < 1 || port > 65_535) return new ClosedFlow(this, remote, "failed", `${port} is no port`);
    if (isIP(address) === 0) return new ClosedFlow(this, remote, "failed", `"${address}" is no address`);
    if (!connections.admits(address, true)) {
      return new ClosedFlow(this, remote, "overflow", "too many connections are open");
    }
    return this.#add(this.#sockets.connect(address, port), remote, true);
  }

  /** A connection that came in. One for which there is no room is closed at once. */
  accept(socket: Socket): void {
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
      for (const connection of this.#mine) connection.close();
    }));
  }

  #add(
    socket: Socket,
    remote: { protocol: TransportProtocol; address: string; port: number },
    isOutbound: boolean,
  ): StreamConnection {
    const { clock, user, limits, connections } = this.#options;
    const connection = new StreamConnection({
      socket,
      remote,
      localAddress: this.localAddress,
      isOutbound,
      clock,
      user,
      owner: this,
      ...(limits === undefined ? undefined : { limits }),
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
