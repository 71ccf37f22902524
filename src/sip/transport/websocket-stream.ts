import { isUtf8 } from "node:buffer";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Clock, Timer } from "../../base/clock.ts";
import { isKeepAlive, parseMessage } from "../message/parse.ts";
import type { StreamEvent } from "../message/parse-stream.ts";
import type { Framing, StreamLimits, StreamSocket } from "./stream-connection.ts";

interface WebSocketStreamOptions {
  readonly webSocket: WebSocket;
  /** What the WebSocket goes by. */
  readonly socket: Socket;
  readonly clock: Clock;
  readonly limits: Pick<StreamLimits, "unfinishedMessageMs" | "pingMs" | "pongMs">;
}

/** RFC 6455 §7.4.1: we are going away. */
const goingAway = 1001;

/**
 * A WebSocket as a socket: each chunk read or written is one message of it. Pings its peer, which browsers do not do by
 * themselves (RFC 7118 §6), and ends when that stays silent or lets a message trickle.
 */
export class WebSocketStream extends Duplex implements StreamSocket {
  readonly connecting = false;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #limits: WebSocketStreamOptions["limits"];
  #nextPing: Timer | undefined;
  #awaitedPong: Timer | undefined;
  #unfinished: Timer | undefined;

  constructor({ webSocket, socket, clock, limits }: WebSocketStreamOptions) {
    super({ readableObjectMode: true, allowHalfOpen: false });
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#clock = clock;
    this.#limits = limits;
    this.remoteAddress = socket.remoteAddress;
    this.remotePort = socket.remotePort;
    // Before the WebSocket's own: what completes something there cancels what is started here.
    socket.prependListener("data", () => this.#awaitEnd());
    webSocket.on("message", (data: Buffer) => {
      this.#hasEnded();
      if (!this.push(data)) webSocket.pause();
    });
    webSocket.on("ping", () => this.#hasEnded());
    webSocket.on("pong", () => {
      this.#hasEnded();
      this.#awaitedPong?.cancel();
    });
    // Its closing frame, with the reason in it, is written already.
    webSocket.on("error", (error) => this.destroy(error));
    webSocket.on("close", () => {
      this.#stopTimers();
      this.push(null);
    });
    this.#pingLater();
  }

  get localAddress(): string | undefined {
    return this.#socket.localAddress;
  }

  get localPort(): number | undefined {
    return this.#socket.localPort;
  }

  setNoDelay(isOn: boolean): void {
    this.#socket.setNoDelay(isOn);
  }

  setKeepAlive(isOn: boolean, initialDelayMs: number): void {
    this.#socket.setKeepAlive(isOn, initialDelayMs);
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  override _read(): void {
    if (this.#webSocket.isPaused) this.#webSocket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // RFC 7118 §4.2: a message may go as text or as binary; text has to be UTF-8, which a body need not be.
    this.#webSocket.send(chunk, { binary: !isUtf8(chunk), compress: false }, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#webSocket.close(goingAway);
    // Told once the closing frame is out, or never will be.
    this.#socket.write("", () => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#stopTimers();
    this.#webSocket.terminate();
    done(error);
  }

  #awaitEnd(): void {
    this.#unfinished ??= this.#clock.after(this.#limits.unfinishedMessageMs, () => {
      this.destroy(new Error("a message did not end in time"));
    });
  }

  #hasEnded(): void {
    this.#unfinished?.cancel();
    this.#unfinished = undefined;
  }

  #pingLater(): void {
    this.#nextPing = this.#clock.after(this.#limits.pingMs, () => {
      this.#pingLater();
      this.#webSocket.ping(undefined, undefined, () => undefined);
      this.#awaitedPong = this.#clock.after(this.#limits.pongMs, () => {
        this.destroy(new Error("a ping was not answered"));
      });
    });
  }

  #stopTimers(): void {
    for (const timer of [this.#nextPing, this.#awaitedPong, this.#unfinished]) timer?.cancel();
  }
}

/** RFC 7118 §5.1: a message of the WebSocket is one SIP message, whole, and needs no Content-Length. */
export class WebSocketFraming implements Framing {
  readonly isWithinMessage = false;

  push(chunk: Buffer): readonly StreamEvent[] {
    // RFC 7118 §6: the CRLFs of RFC 5626 may be used here too.
    if (isKeepAlive(chunk)) return [{ kind: chunk.length > 2 ? "ping" : "pong" }];
    const parsed = parseMessage(chunk);
    if (parsed.ok) return [{ kind: "message", message: parsed.value }];
    return [{ kind: "malformed", failure: parsed.failure, isFatal: parsed.failure.reason === "not SIP" }];
  }
}
