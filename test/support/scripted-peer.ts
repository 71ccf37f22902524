import { randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { createRequest, createResponse } from "../../src/sip/message/build.ts";
import type { HeaderField } from "../../src/sip/message/build.ts";
import type { SipMessage, SipRequest, SipResponse } from "../../src/sip/message/message.ts";
import { serializeMessage } from "../../src/sip/message/serialize.ts";
import { createAck, createCancel } from "../../src/sip/transaction/hop-by-hop-requests.ts";
import { openDatagrams, openStreams, openWebSocket } from "./peer-socket.ts";
import type { PeerAddress, PeerSocket } from "./peer-socket.ts";

export type PeerProtocol = "UDP" | "TCP" | "TLS" | "WS" | "WSS";

export interface PeerAnswer {
  readonly headers?: readonly HeaderField[];
  readonly body?: Buffer;
  /** Another than the peer's own: another end behind it answers. */
  readonly toTag?: string;
}

/** What a test says of a request that the peer makes; the rest is filled in. */
export interface PeerRequest extends PeerAnswer {
  readonly requestUri: string;
  readonly from?: string;
  readonly to?: string;
  readonly callId?: string;
  /** The peer's own address unless given. */
  readonly contact?: string;
  readonly cseq?: number;
  readonly maxForwards?: number;
}

/** How long the peer waits for what it expects before the test fails and says what came instead, in milliseconds. */
const patienceMs = 10_000;

/**
 * A SIP element on a real socket that does what a test says, step by step: `await peer.expects("INVITE")`,
 * `peer.answers(invite, 486)`. It has no transactions of its own: it repeats nothing, and copies of what came before
 * are counted and left out.
 */
export class ScriptedPeer {
  readonly protocol: PeerProtocol;
  readonly address: string;
  readonly port: number;
  /** Everything that came, in order, copies left out. */
  readonly received: SipMessage[] = [];
  /** How many copies of earlier messages came. */
  copies = 0;
  /** One To tag for all of its answers. */
  readonly tag = randomUUID();
  readonly #socket: PeerSocket;
  readonly #seen = new Set<string>();
  /** What came and has not been expected yet. */
  readonly #waiting: SipMessage[] = [];
  readonly #replies = new WeakMap<SipMessage, (bytes: Buffer) => void>();
  readonly #arrivals = new EventEmitter();

  private constructor(socket: PeerSocket, protocol: PeerProtocol) {
    this.#socket = socket;
    this.protocol = protocol;
    ({ address: this.address, port: this.port } = socket.local);
    socket.onMessage = (message, reply) => this.#arrived(message, reply);
  }

  /** On a free port of 127.0.0.1 unless others are given. */
  static async open(protocol: "UDP" | "TCP" = "UDP", port = 0, address = "127.0.0.1"): Promise<ScriptedPeer> {
    const open = protocol === "UDP" ? openDatagrams : openStreams;
    return new ScriptedPeer(await open(port, address), protocol);
  }

  /** As a page in a browser that has connected to `ws://…` or `wss://…`: its address leads nowhere. */
  static async openWebSocket(url: string): Promise<ScriptedPeer> {
    return new ScriptedPeer(await openWebSocket(url), url.startsWith("wss:") ? "WSS" : "WS");
  }

  /** Over TLS, with that certificate; it believes whom it connects to. */
  static async openSecurely(
    pair: { cert: string; key: string },
    address = "127.0.0.1",
  ): Promise<ScriptedPeer> {
    return new ScriptedPeer(await openStreams(0, address, pair), "TLS");
  }

  /** On a socket that is open already, whose messages it hears from now on. */
  static at(socket: PeerSocket, protocol: PeerProtocol): ScriptedPeer {
    return new ScriptedPeer(socket, protocol);
  }

  /** `sip:127.0.0.1:PORT;transport=...` */
  get uri(): string {
    const transport = this.protocol === "WSS" ? "ws" : this.protocol.toLowerCase();
    return `sip:${this.address}:${this.port};transport=${transport}`;
  }

  /** The next request with that method that has not been expected yet, come or to come. */
  expects(method: string): Promise<SipRequest>;
  /** The next response with that status. */
  expects(status: number): Promise<SipResponse>;
  async expects(what: string | number): Promise<SipMessage> {
    const deadline = AbortSignal.timeout(patienceMs);
    for (;;) {
      const index = this.#waiting.findIndex((message) => whatOf(message) === what);
      const [found] = index === -1 ? [] : this.#waiting.splice(index, 1);
      if (found !== undefined) return found;
      try {
        await once(this.#arrivals, "message", { signal: deadline });
      } catch (cause) {
        const came = this.received.map(whatOf).join(", ") || "nothing";
        throw new Error(`expected ${what}, but there came ${came}`, { cause });
      }
    }
  }

  /** Answers by the way the request came. Returns what was sent. */
  answers(request: SipRequest, status: number, answer: PeerAnswer = {}): SipResponse {
    const response = createResponse(request, status, undefined, { toTag: this.tag, ...answer });
    this.#replies.get(request)?.(serializeMessage(response));
    return response;
  }

  /** Sends a request with a Via of its own. Returns what was sent, so that it can be sent again or cancelled. */
  async sends(method: string, to: PeerAddress, parts: PeerRequest): Promise<SipRequest> {
    const request = createRequest({
      method,
      from: `<sip:peer@${this.address}:${this.port}>;tag=${this.tag}`,
      to: `<${parts.requestUri}>`,
      callId: randomUUID(),
      cseq: 1,
      contact: `<${this.uri}>`,
      ...parts,
    });
    request.headers.prepend("Via", this.#freshVia());
    await this.sendsAgain(request, to);
    return request;
  }

  /** Sends a message as it is. */
  async sendsAgain(message: SipMessage, to: PeerAddress): Promise<void> {
    await this.#socket.send(serializeMessage(message), to);
  }

  /** Sends the ACK to a final response: within the INVITE's transaction, or after a 2xx with a branch of its own. */
  async acknowledges(invite: SipRequest, response: SipResponse, to: PeerAddress): Promise<void> {
    const ack = createAck(invite, response);
    if (response.status < 300) ack.headers.set("Via", this.#freshVia());
    await this.sendsAgain(ack, to);
  }

  /** Takes an INVITE back. */
  async cancels(invite: SipRequest, to: PeerAddress): Promise<void> {
    await this.sendsAgain(createCancel(invite, []), to);
  }

  /** Forgets all that came. */
  forget(): void {
    this.received.length = 0;
    this.#waiting.length = 0;
    this.#seen.clear();
  }

  /** By connections alone: nothing is read any more, nothing is closed, and nobody can connect. */
  vanish(): void {
    this.#socket.vanish?.();
  }

  /** Closes its connections; it can be reached by new ones, and what it sends next opens one. */
  disconnect(): void {
    this.#socket.disconnect();
  }

  async close(): Promise<void> {
    await this.#socket.close();
  }

  #freshVia(): string {
    return `SIP/2.0/${this.protocol} ${this.address}:${this.port};branch=z9hG4bK${randomUUID()};rport`;
  }

  #arrived(message: SipMessage, reply: (bytes: Buffer) => void): void {
    const text = serializeMessage(message).toString("latin1");
    if (this.#seen.has(text)) {
      this.copies++;
      return;
    }
    this.#seen.add(text);
    this.#replies.set(message, reply);
    this.received.push(message);
    this.#waiting.push(message);
    this.#arrivals.emit("message");
  }
}

function whatOf(message: SipMessage): string | number {
  return message.kind === "request" ? message.method : message.status;
}
