import { createSocket } from "node:dgram";
import type { RemoteInfo, Socket } from "node:dgram";
import { once } from "node:events";
import { isIP } from "node:net";
import type { Logger } from "../../base/logger.ts";
import { fail, succeed } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";
import { isKeepAlive, parseMessage } from "../message/parse.ts";
import { isIpv6Address } from "./ip-address.ts";
import { listenFailureOf, transportErrorOf } from "./transport-error.ts";
import type { Flow, Transport, TransportError, TransportUser } from "./transport.ts";

export interface UdpTransportOptions {
  /** Numeric; `0.0.0.0` or `::` for all addresses of that family. */
  readonly address: string;
  readonly port: number;
  readonly user: TransportUser;
  readonly logger: Logger;
}

/** A burst of calls waits in the kernel while a garbage collection runs: 4 MB hold some 3,000 INVITEs. */
const receiveBufferBytes = 4 * 1024 * 1024;

/** The failure is the rest of a sentence: why the port cannot be opened. */
export async function openUdpTransport(options: UdpTransportOptions): Promise<Result<UdpTransport, string>> {
  const isIpv6 = isIpv6Address(options.address);
  const socket = createSocket({
    type: isIpv6 ? "udp6" : "udp4",
    // IPv4 has a socket of its own, so that no address ever is `::ffff:192.0.2.1`.
    ipv6Only: isIpv6,
    recvBufferSize: receiveBufferBytes,
    // Only numeric addresses are sent to: Node's look-up would cost each datagram a turn of the event loop.
    lookup: (address, _options, callback) => callback(null, address, isIpv6 ? 6 : 4),
  });
  try {
    // Asked for first: with a look-up that answers at once, so does bind.
    const listening = once(socket, "listening");
    socket.bind({ address: options.address, port: options.port });
    await listening;
  } catch (error) {
    socket.close();
    return fail(listenFailureOf(error));
  }
  return succeed(new UdpTransport(socket, options));
}

/** SIP in datagrams (RFC 3261 §18). Use `openUdpTransport`. */
export class UdpTransport implements Transport {
  readonly protocol = "UDP";
  readonly localAddress: string;
  readonly localPort: number;
  readonly #socket: Socket;
  readonly #family: 4 | 6;
  readonly #user: TransportUser;
  readonly #logger: Logger;
  #closed: Promise<void> | undefined;

  constructor(socket: Socket, options: Pick<UdpTransportOptions, "address" | "user" | "logger">) {
    this.#socket = socket;
    this.#family = isIpv6Address(options.address) ? 6 : 4;
    this.#user = options.user;
    this.#logger = options.logger;
    this.localAddress = options.address;
    this.localPort = socket.address().port;
    socket.on("message", (bytes, from) => this.#receive(bytes, from));
    socket.on("error", (error) => this.#logger.warn({ error: error.message }, "UDP socket reports an error"));
    this.#checkReceiveBuffer();
  }

  get isOpen(): boolean {
    return this.#closed === undefined;
  }

  flowTo(address: string, port: number): Flow {
    return new DatagramFlow(this, address, port);
  }

  send(bytes: Buffer, address: string, port: number, onError?: (error: TransportError) => void): void {
    const obstacle = this.#obstacle(address, port);
    if (obstacle !== undefined) {
      if (onError !== undefined) process.nextTick(onError, obstacle);
      return;
    }
    this.#socket.send(bytes, port, address, onError === undefined ? this.#onSent : reporting(onError));
  }

  close(): Promise<void> {
    return (this.#closed ??= new Promise((resolve) => {
      this.#socket.close(resolve);
    }));
  }

  #receive(bytes: Buffer, from: RemoteInfo): void {
    // A port of 0 is forged, and nothing could be answered to it.
    if (from.port === 0 || isKeepAlive(bytes)) return;
    const flow = new DatagramFlow(this, from.address, from.port);
    const parsed = parseMessage(bytes);
    if (parsed.ok) this.#user.onMessage(parsed.value, flow);
    else this.#user.onMalformed(parsed.failure, flow);
  }

  /** What `Socket.send` would throw on, or pass to the wrong family. */
  #obstacle(address: string, port: number): TransportError | undefined {
    if (!this.isOpen) return { reason: "closed", detail: "the socket is closed" };
    if (port < 1 || port > 65_535) return { reason: "failed", detail: `${port} is no port` };
    if (isIP(address) !== this.#family) {
      return { reason: "unreachable", detail: `${address} cannot be reached from ${this.localAddress}` };
    }
    return undefined;
  }

  /** One function for all who do not ask: a datagram that is not asked after costs no closure. */
  readonly #onSent = (error: Error | null): void => {
    if (error !== null) this.#logger.debug({ error: error.message }, "datagram not sent");
  };

  #checkReceiveBuffer(): void {
    // Linux tells twice of what it grants.
    const granted = this.#socket.getRecvBufferSize() / (process.platform === "linux" ? 2 : 1);
    if (granted >= receiveBufferBytes) return;
    this.#logger.info(
      { grantedBytes: granted, askedBytes: receiveBufferBytes },
      "the system grants a smaller UDP receive buffer; raise net.core.rmem_max to stand larger bursts",
    );
  }
}

function reporting(onError: (error: TransportError) => void): (error: Error | null) => void {
  return (error) => {
    if (error !== null) onError(transportErrorOf(error));
  };
}

/** Made for each datagram, so it holds three fields and asks the transport for the rest. */
class DatagramFlow implements Flow {
  readonly #transport: UdpTransport;
  readonly remoteAddress: string;
  readonly remotePort: number;

  constructor(transport: UdpTransport, remoteAddress: string, remotePort: number) {
    this.#transport = transport;
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
  }

  get protocol(): "UDP" {
    return "UDP";
  }

  get isReliable(): boolean {
    return false;
  }

  get localAddress(): string {
    return this.#transport.localAddress;
  }

  get localPort(): number {
    return this.#transport.localPort;
  }

  get isOpen(): boolean {
    return this.#transport.isOpen;
  }

  send(bytes: Buffer, onError?: (error: TransportError) => void): void {
    this.#transport.send(bytes, this.remoteAddress, this.remotePort, onError);
  }
}
