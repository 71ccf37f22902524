import type { Duplex } from "node:stream";
import type { Clock, Timer } from "../../base/clock.ts";
import { StreamParser } from "../message/parse-stream.ts";
import type { StreamEvent } from "../message/parse-stream.ts";
import { canonicalAddress } from "./ip-address.ts";
import { transportErrorOf } from "./transport-error.ts";
import type { Endpoint, Flow, TransportError, TransportProtocol, TransportUser } from "./transport.ts";

/** What carries a connection: a socket of `node:net` or `node:tls`, or what stands for one above a WebSocket. */
export interface StreamSocket extends Duplex {
  readonly connecting: boolean;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  setNoDelay(isOn: boolean): unknown;
  setKeepAlive(isOn: boolean, initialDelayMs: number): unknown;
  /** Destroys it once all is written. */
  destroySoon(): void;
}

export interface StreamLimits {
  /** From a connection's first packet to the end of TLS's and WebSocket's handshakes. */
  readonly handshakeMs: number;
  /** From the first byte of a message to its last: a sender that is slower is up to something (CHECKS A08). */
  readonly unfinishedMessageMs: number;
  /** How long a connection may stay that has never carried a valid message. */
  readonly unprovenMs: number;
  /** How long to wait for a connection that we open: SRV fail-over is to take less than 5 s (CHECKS C15). */
  readonly connectMs: number;
  /** How often a connection that we opened is pinged (RFC 5626 §4.4.1 asks for less than 120 s over TCP). */
  readonly pingMs: number;
  /** How long a peer that has answered a ping before may take for the next (RFC 5626 §4.4.1: 10 s). */
  readonly pongMs: number;
  /** How long nothing may come by a connection on which a request was not answered: 64*T1, as long as that was waited for. */
  readonly silentMs: number;
  /** How long a peer may leave unread what waits for it. */
  readonly stalledMs: number;
  /** Bytes that may wait for a peer that does not read. */
  readonly unsentBytes: number;
  /** How long a connection that we end is read from, so that the peer sees our last words rather than a reset. */
  readonly lingerMs: number;
}

export const streamLimits: StreamLimits = {
  handshakeMs: 10_000,
  unfinishedMessageMs: 32_000,
  unprovenMs: 120_000,
  connectMs: 4000,
  pingMs: 30_000,
  pongMs: 10_000,
  silentMs: 32_000,
  stalledMs: 32_000,
  unsentBytes: 1024 * 1024,
  lingerMs: 2000,
};

/** The kernel probes a silent connection after 30 s and gives up 10 probes of 1 s later (libuv's numbers): CHECKS D04. */
const kernelKeepAliveMs = 30_000;

const ping = Buffer.from("\r\n\r\n", "latin1");
const pong = Buffer.from("\r\n", "latin1");

/** Cuts what arrives into messages: `StreamParser`, or a WebSocket's own framing. */
export interface Framing {
  readonly isWithinMessage: boolean;
  push(chunk: Buffer): readonly StreamEvent[];
}

/** Whoever keeps the connections. */
export interface StreamConnectionOwner {
  /** It has carried its first valid message. */
  onProven(connection: StreamConnection): void;
  /** Told once, after the last message and before `TransportUser.onFlowClosed`. */
  onClosed(connection: StreamConnection): void;
}

export interface StreamConnectionOptions {
  readonly socket: StreamSocket;
  /** What is at the other end. */
  readonly remote: Endpoint;
  /** What to say of our own end until the socket knows. */
  readonly localAddress: string;
  readonly isOutbound: boolean;
  /** Whose certificate was wanted at the other end. */
  readonly identity?: string | undefined;
  /** What a socket that connects tells when it can be used; absent: `connect`. */
  readonly readyEvent?: "secureConnect" | undefined;
  readonly clock: Clock;
  readonly user: TransportUser;
  readonly owner: StreamConnectionOwner;
  readonly limits?: Partial<StreamLimits>;
  readonly framing?: Framing;
}

/**
 * One connection of a reliable transport, opened by either side: it is the flow of all that comes and goes by it. Closes by
 * itself when its peer goes, is silent where it must speak, or breaks the framing; all that it holds is bounded by `StreamLimits`.
 */
export class StreamConnection implements Flow {
  readonly isReliable = true;
  readonly protocol: TransportProtocol;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly isOutbound: boolean;
  readonly identity: string | undefined;
  readonly #socket: StreamSocket;
  readonly #initialLocalAddress: string;
  readonly #clock: Clock;
  readonly #user: TransportUser;
  readonly #owner: StreamConnectionOwner;
  readonly #limits: StreamLimits;
  readonly #framing: Framing;
  readonly #uncork: () => void;
  #isOpen = true;
  #isCorked = false;
  #heardAt: number;
  #answersPings = false;
  /** Why it closed, for those whose message did not get out. */
  #cause: TransportError | undefined;
  #connecting: Timer | undefined;
  #unproven: Timer | undefined;
  #unfinished: Timer | undefined;
  #stalled: Timer | undefined;
  #nextPing: Timer | undefined;
  #awaitedPong: Timer | undefined;
  #lingering: Timer | undefined;

  constructor(options: StreamConnectionOptions) {
    const { socket, remote, clock } = options;
    this.protocol = remote.protocol;
    this.remoteAddress = remote.address;
    this.remotePort = remote.port;
    this.isOutbound = options.isOutbound;
    this.identity = options.identity;
    this.#socket = socket;
    this.#initialLocalAddress = options.localAddress;
    this.#clock = clock;
    this.#heardAt = clock.now();
    this.#user = options.user;
    this.#owner = options.owner;
    this.#limits = { ...streamLimits, ...options.limits };
    this.#framing = options.framing ?? new StreamParser();
    this.#uncork = () => {
      this.#isCorked = false;
      socket.uncork();
    };

    socket.setNoDelay(true);
    socket.setKeepAlive(true, kernelKeepAliveMs);
    socket.on("data", this.#onData);
    socket.on("drain", () => this.#endStall());
    // The other side has said its last word; so have we, once what waits is written.
    socket.once("end", () => this.#linger());
    socket.once("error", (error) => (this.#cause ??= transportErrorOf(error)));
    socket.once("close", () => this.#onClose());
    if (socket.connecting) this.#awaitConnection(options.readyEvent ?? "connect");
    this.#unproven = clock.after(this.#limits.unprovenMs, () => this.#drop("no message came"));
    if (this.isOutbound) this.#schedulePing();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get localAddress(): string {
    const address = this.#socket.localAddress;
    return (address === undefined ? undefined : canonicalAddress(address)) ?? this.#initialLocalAddress;
  }

  get localPort(): number {
    return this.#socket.localPort ?? 0;
  }

  send(bytes: Buffer, onError?: (error: TransportError) => void): void {
    if (!this.#isOpen) {
      if (onError !== undefined) process.nextTick(onError, this.#closedError());
      return;
    }
    if (this.#socket.writableLength + bytes.length > this.#limits.unsentBytes) {
      this.#cause = { reason: "overflow", detail: "the peer does not read what is sent to it" };
      if (onError !== undefined) process.nextTick(onError, this.#cause);
      this.#socket.destroy();
      return;
    }
    this.#write(bytes, onError);
  }

  /** Sends what waits, then closes. Idempotent. */
  close(): void {
    if (this.#socket.destroyed) return;
    if (this.#connecting !== undefined) {
      // Nobody knows yet who is there, so nothing is said.
      this.#drop("the connection was closed before it was open");
      return;
    }
    this.#linger();
    this.#socket.destroySoon();
  }

  /** Closes at once, to make room for another. */
  evict(): void {
    this.#drop("another connection needed the room");
  }

  /** While what we sent is not confirmed the kernel sends no probes, and gives up after a quarter of an hour: CHECKS D04. */
  suspect(): void {
    if (this.#clock.now() - this.#heardAt >= this.#limits.silentMs) this.#drop("a request was not answered");
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#heardAt = this.#clock.now();
    this.#awaitedPong?.cancel();
    let hasMessage = false;
    for (const event of this.#framing.push(chunk)) {
      // What the user does about one message may close the connection before the next.
      if (!this.#isOpen) return;
      if (event.kind === "message") hasMessage = true;
      this.#take(event);
    }
    this.#watchUnfinished(hasMessage);
  };

  #take(event: StreamEvent): void {
    switch (event.kind) {
      case "message":
        this.#prove();
        this.#user.onMessage(event.message, this);
        break;
      case "malformed":
        this.#user.onMalformed(event.failure, this);
        if (event.isFatal) this.#endAfterAnswer();
        break;
      case "ping":
        this.send(pong);
        break;
      case "pong":
        this.#answersPings = true;
        break;
    }
  }

  #prove(): void {
    if (this.#unproven === undefined) return;
    this.#unproven.cancel();
    this.#unproven = undefined;
    this.#owner.onProven(this);
  }

  /** RFC 4475 §3.1.2.2: a message that never ends is waited for, but not for ever. */
  #watchUnfinished(hasNewBegun: boolean): void {
    const isUnfinished = this.#isOpen && this.#framing.isWithinMessage;
    if (this.#unfinished !== undefined && isUnfinished && !hasNewBegun) return;
    this.#unfinished?.cancel();
    this.#unfinished = isUnfinished
      ? this.#clock.after(this.#limits.unfinishedMessageMs, () => this.#drop("a message did not end in time"))
      : undefined;
  }

  #write(bytes: Buffer, onError?: (error: TransportError) => void): void {
    // What is sent in one turn of the event loop goes out in one system call.
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#socket.cork();
      process.nextTick(this.#uncork);
    }
    const isTaken =
      onError === undefined
        ? this.#socket.write(bytes)
        : this.#socket.write(bytes, (error) => {
            // The socket's own error says more than "destroyed", which is all that a waiting write is told.
            if (error) onError(this.#cause ?? transportErrorOf(this.#socket.errored ?? error));
          });
    if (!isTaken) this.#watchStall();
  }

  #watchStall(): void {
    this.#stalled ??= this.#clock.after(this.#limits.stalledMs, () => {
      this.#drop("the peer does not read what is sent to it");
    });
  }

  #endStall(): void {
    this.#stalled?.cancel();
    this.#stalled = undefined;
  }

  #awaitConnection(readyEvent: string): void {
    this.#connecting = this.#clock.after(this.#limits.connectMs, () => {
      this.#cause = { reason: "unreachable", detail: `no answer within ${this.#limits.connectMs / 1000} s` };
      this.#socket.destroy();
    });
    this.#socket.once(readyEvent, () => {
      this.#connecting?.cancel();
      this.#connecting = undefined;
    });
  }

  /** RFC 5626 §3.5.1: whoever opened the connection keeps it open, and finds out when it is not. */
  #schedulePing(): void {
    this.#nextPing = this.#clock.after(this.#limits.pingMs, () => {
      this.#schedulePing();
      this.send(ping);
      // RFC 5626 §4.4.1. Not all peers answer pings; of one that has, silence means that the path is gone.
      if (!this.#answersPings) return;
      this.#awaitedPong = this.#clock.after(this.#limits.pongMs, () => this.#drop("a ping was not answered"));
    });
  }

  /** After a fatal fault the user's answer goes out, and what still comes is thrown away. */
  #endAfterAnswer(): void {
    this.#linger();
    this.#socket.off("data", this.#onData);
    this.#socket.resume();
    this.#socket.end();
  }

  /** No more is sent, and the peer has a moment to take what was. */
  #linger(): void {
    this.#isOpen = false;
    this.#lingering ??= this.#clock.after(this.#limits.lingerMs, () => this.#socket.destroy());
  }

  #drop(detail: string): void {
    this.#cause ??= { reason: "closed", detail };
    this.#isOpen = false;
    this.#socket.destroy();
  }

  #closedError(): TransportError {
    return this.#cause ?? { reason: "closed", detail: "the connection is closed" };
  }

  #onClose(): void {
    this.#isOpen = false;
    this.#cause ??= { reason: "closed", detail: "the connection was closed" };
    for (const timer of [
      this.#connecting,
      this.#unproven,
      this.#unfinished,
      this.#stalled,
      this.#nextPing,
      this.#awaitedPong,
      this.#lingering,
    ]) {
      timer?.cancel();
    }
    this.#owner.onClosed(this);
    this.#user.onFlowClosed(this);
  }
}
