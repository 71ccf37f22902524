import type { Socket } from "node:net";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { ConnectionTable, TabledConnection } from "./connection-table.ts";
import { canonicalAddress } from "./ip-address.ts";
import type { StreamConnection } from "./stream-connection.ts";
import type { TransportProtocol } from "./transport.ts";

interface EntranceOptions {
  readonly protocol: TransportProtocol;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly connections: ConnectionTable<StreamConnection>;
  readonly handshakeMs: number;
}

interface Remote {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

/**
 * Connections that came in and whose handshake, TLS's or WebSocket's, is under way. They count like any other, and have
 * little time: whoever stops after the ClientHello is gone soon (CHECKS A08).
 */
export class Entrance {
  readonly #options: EntranceOptions;
  /** By remote address and port, which the socket above a handshake has from the one below. */
  readonly #within = new Map<string, Visitor>();

  constructor(options: EntranceOptions) {
    this.#options = options;
  }

  /** One for which there is no room is closed at once. */
  admit(socket: Socket): void {
    const { protocol, clock, logger, connections, handshakeMs } = this.#options;
    // A reset is no more than the end of it.
    socket.on("error", () => undefined);
    const remoteAddress =
      socket.remoteAddress === undefined ? undefined : canonicalAddress(socket.remoteAddress);
    const { remotePort } = socket;
    if (remoteAddress === undefined || remotePort === undefined) {
      socket.destroy();
      return;
    }
    if (!connections.admits(remoteAddress, false)) {
      logger.debug({ address: remoteAddress }, "connection refused: too many are open");
      socket.destroy();
      return;
    }
    const key = keyOf(socket);
    const timer = clock.after(handshakeMs, () => socket.destroy());
    const visitor: Visitor = {
      protocol,
      remoteAddress,
      remotePort,
      isOutbound: false,
      evict: () => socket.destroy(),
      forget: () => {
        timer.cancel();
        if (this.#within.get(key) === visitor) this.#within.delete(key);
        connections.remove(visitor);
      },
    };
    this.#within.set(key, visitor);
    connections.count(visitor);
    socket.once("close", () => visitor.forget());
  }

  /** Its handshake is done; it is somebody else's now. Nothing for one that was never here. */
  leave(socket: Remote): void {
    this.#within.get(keyOf(socket))?.forget();
  }

  /** Sends all away. */
  close(): void {
    for (const visitor of [...this.#within.values()]) visitor.evict();
  }
}

interface Visitor extends TabledConnection {
  /** Idempotent. */
  forget(): void;
}

function keyOf({ remoteAddress, remotePort }: Remote): string {
  return `${remoteAddress ?? ""} ${remotePort ?? 0}`;
}
