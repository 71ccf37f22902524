import { neighbourhood } from "./ip-address.ts";
import type { TransportProtocol } from "./transport.ts";

export interface ConnectionLimits {
  /** Connections that one address may have opened to us; an IPv6 /64 counts as one address. */
  readonly perAddress: number;
  /** Connections in all, those we opened included. */
  readonly total: number;
}

/**
 * 500 phones behind one router reach us from one address; 10,000 connections are ten times the largest installation
 * that one process is meant for.
 */
export const connectionLimits: ConnectionLimits = { perAddress: 1000, total: 10_000 };

/** What the table knows of a connection. */
export interface TabledConnection {
  readonly protocol: TransportProtocol;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly isOutbound: boolean;
  /** Who was found at the other end, where that was checked: a connection to one name is not taken for another's. */
  readonly identity?: string | undefined;
  /** Makes room for another. Ends with `ConnectionTable.remove`, at once or later. */
  evict(): void;
}

/** The inbound connections of one address, each set in the order of age. */
interface Neighbours {
  readonly unproven: Set<TabledConnection>;
  readonly proven: Set<TabledConnection>;
}

/**
 * Every connection there is, by its remote end, and the caps on them (CHECKS A08). A connection is proven once it has
 * carried a valid message. Where there is no room the oldest unproven inbound one goes: whoever opens connections and says
 * nothing displaces his own kind, and shuts nobody out who speaks.
 */
export class ConnectionTable<Connection extends TabledConnection> {
  readonly #limits: ConnectionLimits;
  readonly #byRemote = new Map<string, Connection>();
  readonly #all = new Set<TabledConnection>();
  readonly #unproven = new Set<TabledConnection>();
  readonly #neighbours = new Map<string, Neighbours>();

  constructor(limits: ConnectionLimits = connectionLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#all.size;
  }

  find(
    protocol: TransportProtocol,
    address: string,
    port: number,
    identity?: string,
  ): Connection | undefined {
    return this.#byRemote.get(remoteKey(protocol, address, port, identity));
  }

  /** Whether there is room for one more from or to that address, if need be made by evicting another. */
  admits(address: string, isOutbound: boolean): boolean {
    if (!isOutbound) {
      const neighbours = this.#neighbours.get(neighbourhood(address));
      const count = neighbours === undefined ? 0 : neighbours.unproven.size + neighbours.proven.size;
      if (count >= this.#limits.perAddress && !this.#evictFirst(neighbours?.unproven)) return false;
    }
    return this.#all.size < this.#limits.total || this.#evictFirst(this.#unproven);
  }

  add(connection: Connection): void {
    this.#byRemote.set(keyOf(connection), connection);
    this.count(connection);
  }

  /** As `add`, for what holds a place and cannot be found: a handshake is still under way. */
  count(connection: TabledConnection): void {
    this.#all.add(connection);
    if (connection.isOutbound) return;
    this.#unproven.add(connection);
    this.#neighboursOf(connection).unproven.add(connection);
  }

  /** The connection has carried a valid message. */
  prove(connection: Connection): void {
    if (!this.#unproven.delete(connection)) return;
    const neighbours = this.#neighboursOf(connection);
    neighbours.unproven.delete(connection);
    neighbours.proven.add(connection);
  }

  /** Idempotent. */
  remove(connection: TabledConnection): void {
    this.#all.delete(connection);
    this.#unproven.delete(connection);
    const key = keyOf(connection);
    if (this.#byRemote.get(key) === connection) this.#byRemote.delete(key);
    const place = neighbourhood(connection.remoteAddress);
    const neighbours = this.#neighbours.get(place);
    neighbours?.unproven.delete(connection);
    neighbours?.proven.delete(connection);
    if (neighbours?.unproven.size === 0 && neighbours.proven.size === 0) this.#neighbours.delete(place);
  }

  #evictFirst(connections: ReadonlySet<TabledConnection> | undefined): boolean {
    for (const connection of connections ?? []) {
      this.remove(connection);
      connection.evict();
      return true;
    }
    return false;
  }

  #neighboursOf(connection: TabledConnection): Neighbours {
    const place = neighbourhood(connection.remoteAddress);
    const known = this.#neighbours.get(place);
    if (known !== undefined) return known;
    const neighbours: Neighbours = { unproven: new Set(), proven: new Set() };
    this.#neighbours.set(place, neighbours);
    return neighbours;
  }
}

function keyOf(connection: TabledConnection): string {
  return remoteKey(connection.protocol, connection.remoteAddress, connection.remotePort, connection.identity);
}

function remoteKey(
  protocol: TransportProtocol,
  address: string,
  port: number,
  identity: string | undefined,
): string {
  return `${protocol} ${address} ${port} ${identity ?? ""}`;
}
