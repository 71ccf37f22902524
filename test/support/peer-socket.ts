import { randomUUID } from "node:crypto";
import { createSocket } from "node:dgram";
import type { RemoteInfo } from "node:dgram";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { connect as connectSecurely, createServer as createSecureServer } from "node:tls";
import type { SipMessage } from "../../src/sip/message/message.ts";
import { isKeepAlive, parseMessage } from "../../src/sip/message/parse.ts";
import { StreamParser } from "../../src/sip/message/parse-stream.ts";
import { WebSocketPeer } from "./websocket-peer.ts";

export interface PeerAddress {
  readonly address: string;
  readonly port: number;
}

/** Whole messages over a real socket of the loopback network. What is no message is left out. */
export interface PeerSocket {
  readonly local: PeerAddress;
  /** `reply` goes by the way the message came. */
  onMessage: (message: SipMessage, reply: (bytes: Buffer) => void) => void;
  send(bytes: Buffer, to: PeerAddress): Promise<void>;
  /** Connections alone: as if the cable was cut. Nothing is read any more, nothing is closed, nobody can connect. */
  vanish?(): void;
  /** Closes its connections; what is sent next opens one anew. Nothing where there are none. */
  disconnect(): void;
  close(): Promise<void>;
}

export async function openDatagrams(port: number, address: string): Promise<PeerSocket> {
  const socket = createSocket("udp4");
  socket.bind(port, address);
  await once(socket, "listening");
  const peer: PeerSocket = {
    local: socket.address(),
    onMessage: () => undefined,
    send: (bytes, to) =>
      new Promise((resolve, reject) => {
        socket.send(bytes, to.port, to.address, (error) => (error ? reject(error) : resolve()));
      }),
    disconnect: () => undefined,
    close: () => new Promise((resolve) => socket.close(resolve)),
  };
  socket.on("message", (bytes: Buffer, from: RemoteInfo) => {
    const parsed = isKeepAlive(bytes) ? undefined : parseMessage(bytes);
    if (parsed?.ok === true) {
      peer.onMessage(parsed.value, (answer) => socket.send(answer, from.port, from.address));
    }
  });
  return peer;
}

/** As a page in a browser has it: one connection, by which all comes and goes, and an address that leads nowhere. */
export async function openWebSocket(url: string): Promise<PeerSocket> {
  let connected = await WebSocketPeer.connect(url);
  const peer: PeerSocket = {
    // RFC 7118, appendix B.1: who cannot be connected to says so.
    local: { address: `${randomUUID().slice(0, 8)}.invalid`, port: 443 },
    onMessage: () => undefined,
    send: async (bytes) => {
      if (connected.webSocket.readyState !== connected.webSocket.OPEN) {
        connected = await WebSocketPeer.connect(url);
        read(connected);
      }
      connected.send(bytes.toString("utf8"));
    },
    disconnect: () => connected.close(),
    close: () => {
      connected.close();
      return Promise.resolve();
    },
  };
  const read = (from: WebSocketPeer): void => {
    from.webSocket.on("message", (bytes: Buffer) => {
      const parsed = isKeepAlive(bytes) ? undefined : parseMessage(bytes);
      if (parsed?.ok === true) peer.onMessage(parsed.value, (answer) => from.send(answer.toString("utf8")));
    });
  };
  read(connected);
  return peer;
}

/**
 * Listens, and opens connections of its own: one to each address, used again as long as it is open. With a certificate, over
 * TLS; whom it connects to is believed.
 */
export async function openStreams(
  port: number,
  address: string,
  pair?: { cert: string; key: string },
): Promise<PeerSocket> {
  const server = pair === undefined ? createServer() : createSecureServer(pair);
  server.listen(port, address);
  await once(server, "listening");
  const open = new Set<Socket>();
  const outgoing = new Map<string, Socket>();
  const closed = once(server, "close");
  const peer: PeerSocket = {
    local: server.address() as AddressInfo,
    onMessage: () => undefined,
    send: async (bytes, to) => {
      const name = `${to.address}:${to.port}`;
      let socket = outgoing.get(name);
      if (socket === undefined || socket.destroyed) {
        // From the address that it listens at.
        const options = { host: to.address, port: to.port, localAddress: address };
        socket =
          pair === undefined ? connect(options) : connectSecurely({ ...options, rejectUnauthorized: false });
        outgoing.set(name, socket);
        await once(socket, pair === undefined ? "connect" : "secureConnect");
        read(socket);
      }
      socket.write(bytes);
    },
    vanish: () => {
      server.close();
      for (const socket of open) socket.pause();
    },
    disconnect: () => {
      for (const socket of open) socket.destroy();
    },
    close: async () => {
      peer.disconnect();
      if (server.listening) server.close();
      await closed;
    },
  };
  const read = (socket: Socket): void => {
    const parser = new StreamParser();
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    // A reset is one of the ways in which the other side may close.
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      for (const event of parser.push(chunk)) {
        if (event.kind === "message") peer.onMessage(event.message, (bytes) => socket.write(bytes));
        else if (event.kind === "ping") socket.write("\r\n");
      }
    });
  };
  server.on(pair === undefined ? "connection" : "secureConnection", read);
  return peer;
}
