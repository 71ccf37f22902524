/** The other end of a real socket, which sends raw bytes and shows what came. */
import { createSocket } from "node:dgram";
import type { Socket as DatagramSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";

interface To {
  readonly localAddress: string;
  readonly localPort: number;
}

export class UdpPeer {
  readonly received: string[] = [];
  readonly #socket: DatagramSocket;

  private constructor(socket: DatagramSocket) {
    this.#socket = socket;
    socket.on("message", (bytes) => this.received.push(bytes.toString("latin1")));
  }

  static async open(address = "127.0.0.1"): Promise<UdpPeer> {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    socket.bind(0, address);
    await once(socket, "listening");
    return new UdpPeer(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  send(to: To, bytes: string | Buffer): void {
    this.#socket.send(bytes, to.localPort, to.localAddress);
  }

  /** The datagram with that index, once it is there. */
  async datagram(index: number): Promise<string> {
    while (this.received.length <= index) await once(this.#socket, "message");
    return this.received[index] ?? "";
  }

  close(): void {
    this.#socket.close();
  }
}

export class TcpPeer {
  readonly socket: Socket;
  text = "";
  isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (bytes: Buffer) => (this.text += bytes.toString("latin1")));
    // A reset is one of the ways in which the other side may close.
    socket.on("error", () => undefined);
    socket.on("close", () => (this.isClosed = true));
  }

  static async connect(to: To): Promise<TcpPeer> {
    const socket = connect(to.localPort, to.localAddress);
    const peer = new TcpPeer(socket);
    await once(socket, "connect");
    return peer;
  }

  /** A connection that a test's own server has taken up. */
  static of(socket: Socket): TcpPeer {
    return new TcpPeer(socket);
  }

  send(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** Resolves once all that came contains `part`. */
  async until(part: string): Promise<string> {
    while (!this.text.includes(part)) await once(this.socket, "data");
    return this.text;
  }

  async whenClosed(): Promise<void> {
    if (!this.isClosed) await new Promise((resolve) => this.socket.once("close", resolve));
  }

  close(): void {
    this.socket.destroy();
  }
}

export interface OptionsRequest {
  readonly transport?: string;
  /** host, or host and port. */
  readonly sentBy?: string;
  readonly viaParameters?: string;
  readonly callId?: string;
  readonly body?: string;
}

/** An OPTIONS request as bytes, for sockets and for parsers. */
export function optionsRequest(options: OptionsRequest = {}): string {
  const {
    transport = "UDP",
    sentBy = "192.0.2.1:5060",
    viaParameters = ";rport",
    callId = "a@b",
    body = "",
  } = options;
  return [
    "OPTIONS sip:divert.example SIP/2.0",
    `Via: SIP/2.0/${transport} ${sentBy};branch=z9hG4bK${callId.length}${viaParameters}`,
    "Max-Forwards: 70",
    "From: <sip:pbx@example.com>;tag=1",
    "To: <sip:divert@example.com>",
    `Call-ID: ${callId}`,
    "CSeq: 1 OPTIONS",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "",
    body,
  ].join("\r\n");
}
