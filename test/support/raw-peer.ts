import { createSocket } from "node:dgram";
import type { Socket as DatagramSocket } from "node:dgram";
import { EventEmitter, once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import type { SipMessage } from "../../src/sip/message/message.ts";
import { parseMessage } from "../../src/sip/message/parse.ts";
import { StreamParser } from "../../src/sip/message/parse-stream.ts";
import type { PeerAddress } from "./peer-socket.ts";

/** How long the peer waits for what must come before the test fails and says what came instead, in milliseconds. */
const patienceMs = 10_000;

let probes = 0;

/**
 * The other end of a real socket that sends whatever octets it is given. `exchange` sends an OPTIONS after them by the same
 * way: what is answered at all is answered before that, so nothing needs to be waited for.
 */
export abstract class RawPeer {
  abstract readonly protocol: "UDP" | "TCP";
  /** Every message that came, in order, copies included. */
  readonly arrived: SipMessage[] = [];
  /** The status of every response, those included that echo what no parser reads. */
  readonly statuses: number[] = [];
  protected readonly happenings = new EventEmitter();

  abstract get local(): PeerAddress;
  abstract send(bytes: Buffer | string): Promise<void>;
  /** Idempotent. */
  abstract close(): void;

  /** A Via of this peer's own, with that branch. */
  via(branch: string): string {
    const host = this.local.address.includes(":") ? `[${this.local.address}]` : this.local.address;
    return `SIP/2.0/${this.protocol} ${host}:${this.local.port};branch=z9hG4bK${branch};rport`;
  }

  /** Sends, and resolves with all that was answered to it at once. */
  async exchange(...bytes: (Buffer | string)[]): Promise<SipMessage[]> {
    const start = this.arrived.length;
    for (const message of bytes) await this.send(message);
    const callId = `probe-${++probes}`;
    await this.send(this.#probe(callId));
    await this.until(() => this.arrived.slice(start).some((message) => message.callId === callId));
    return this.arrived.slice(start).filter((message) => message.callId !== callId);
  }

  /** The same, and resolves with the statuses alone. */
  async statusesOf(...bytes: (Buffer | string)[]): Promise<number[]> {
    const start = this.statuses.length;
    await this.exchange(...bytes);
    // The probe's own comes last.
    return this.statuses.slice(start, -1);
  }

  /** Resolves when an OPTIONS was answered. */
  async probe(): Promise<void> {
    await this.exchange();
  }

  /** Resolves once the condition holds; it is asked again after each thing that happens. */
  async until(condition: () => boolean): Promise<void> {
    const deadline = AbortSignal.timeout(patienceMs);
    while (!condition()) {
      await once(this.happenings, "happened", { signal: deadline }).catch((cause: unknown) => {
        const came = this.arrived.map((message) => startOf(message)).join(", ") || "nothing";
        throw new Error(`what was waited for did not happen; there came ${came}`, { cause });
      });
    }
  }

  /** Takes in octets that hold start lines. */
  protected note(bytes: Buffer): void {
    const startLines = bytes.toString("latin1").matchAll(/^SIP\/2\.0 (\d{3}) /gm);
    for (const [, status] of startLines) this.statuses.push(Number(status));
    this.happenings.emit("happened");
  }

  protected take(message: SipMessage): void {
    this.arrived.push(message);
    this.happenings.emit("happened");
  }

  #probe(callId: string): string {
    return [
      "OPTIONS sip:probe@divert.example SIP/2.0",
      `Via: ${this.via(callId)}`,
      "Max-Forwards: 70",
      `From: <sip:prober@divert.example>;tag=${callId}`,
      "To: <sip:probe@divert.example>",
      `Call-ID: ${callId}`,
      "CSeq: 1 OPTIONS",
      "Content-Length: 0",
      "",
      "",
    ].join("\r\n");
  }
}

/** From one address and port to another. */
export class RawDatagrams extends RawPeer {
  readonly protocol = "UDP";
  readonly #socket: DatagramSocket;
  readonly #to: PeerAddress;
  #isClosed = false;

  private constructor(socket: DatagramSocket, to: PeerAddress) {
    super();
    this.#socket = socket;
    this.#to = to;
    socket.on("message", (bytes: Buffer) => this.#receive(bytes));
  }

  /** Rejects when the port is taken. */
  static async open(to: PeerAddress, from: { address: string; port?: number }): Promise<RawDatagrams> {
    const socket = createSocket({
      type: from.address.includes(":") ? "udp6" : "udp4",
      recvBufferSize: 4_000_000,
    });
    socket.bind(from.port ?? 0, from.address);
    await once(socket, "listening");
    return new RawDatagrams(socket, to);
  }

  get local(): PeerAddress {
    return this.#socket.address();
  }

  send(bytes: Buffer | string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(bytes, this.#to.port, this.#to.address, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  }

  /** Takes in what comes to another port of the same address: answers go where a Via says. */
  async alsoAt(port: number): Promise<void> {
    const other = await RawDatagrams.open(this.#to, { address: this.local.address, port });
    other.#socket.on("message", (bytes: Buffer) => this.#receive(bytes));
    this.#socket.once("close", () => other.close());
  }

  close(): void {
    if (!this.#isClosed) this.#socket.close();
    this.#isClosed = true;
  }

  #receive(bytes: Buffer): void {
    this.note(bytes);
    const parsed = parseMessage(bytes);
    if (parsed.ok) this.take(parsed.value);
  }
}

/** One connection. */
export class RawConnection extends RawPeer {
  readonly protocol = "TCP";
  readonly #socket: Socket;
  #isClosed = false;

  private constructor(socket: Socket) {
    super();
    this.#socket = socket;
    const parser = new StreamParser();
    socket.setNoDelay(true);
    // A reset is one of the ways in which the other side may close.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#isClosed = true;
      this.happenings.emit("happened");
    });
    socket.on("data", (chunk: Buffer) => {
      // Answers are written whole, so no start line is cut.
      this.note(chunk);
      for (const event of parser.push(chunk)) if (event.kind === "message") this.take(event.message);
    });
  }

  static async open(to: PeerAddress, from: { address: string }): Promise<RawConnection> {
    const socket = connect({ host: to.address, port: to.port, localAddress: from.address });
    await once(socket, "connect");
    return new RawConnection(socket);
  }

  get local(): PeerAddress {
    return { address: this.#socket.localAddress ?? "", port: this.#socket.localPort ?? 0 };
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(bytes: Buffer | string): Promise<void> {
    return new Promise((resolve) => this.#socket.write(bytes, () => resolve()));
  }

  async whenClosed(): Promise<void> {
    await this.until(() => this.#isClosed);
  }

  close(): void {
    this.#socket.destroy();
  }
}

function startOf(message: SipMessage): string | number {
  return message.kind === "request" ? message.method : message.status;
}
