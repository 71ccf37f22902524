import { WebSocket } from "ws";
import type { ClientOptions } from "ws";

/** A phone in a browser, as far as its socket goes: sends texts and shows what came. */
export class WebSocketPeer {
  readonly webSocket: WebSocket;
  readonly received: { text: string; isBinary: boolean }[] = [];
  pings = 0;
  /** How it was closed, once it is. */
  closed: number | undefined;
  readonly #waiting: (() => void)[] = [];

  private constructor(webSocket: WebSocket) {
    this.webSocket = webSocket;
    webSocket.on("message", (data: Buffer, isBinary) => {
      this.received.push({ text: data.toString("latin1"), isBinary });
      this.#wake();
    });
    webSocket.on("ping", () => {
      this.pings++;
      this.#wake();
    });
    // A reset is one of the ways in which the other side may close.
    webSocket.on("error", () => undefined);
    webSocket.on("close", (code) => {
      this.closed = code;
      this.#wake();
    });
  }

  /** Rejects when the handshake is refused. */
  static async connect(
    url: string,
    options: ClientOptions = {},
    protocols: string[] = ["sip"],
  ): Promise<WebSocketPeer> {
    const webSocket = new WebSocket(url, protocols, { ...options, rejectUnauthorized: false });
    const peer = new WebSocketPeer(webSocket);
    await new Promise<void>((resolve, reject) => {
      webSocket.once("open", () => resolve());
      webSocket.once("error", reject);
    });
    return peer;
  }

  send(message: string | Buffer): void {
    this.webSocket.send(message);
  }

  /** The message with that index, once it is there. */
  async message(index: number): Promise<string> {
    await this.until(() => this.received.length > index);
    return this.received[index]?.text ?? "";
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    this.webSocket.terminate();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
