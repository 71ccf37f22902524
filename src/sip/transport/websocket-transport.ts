import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { IncomingMessage } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Socket } from "node:net";
import { WebSocketServer } from "ws";
import { fail, succeed } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";
import { messageLimits } from "../message/limits.ts";
import { oldestTls } from "./certificates.ts";
import type { Certificates } from "./certificates.ts";
import { isIpv6Address } from "./ip-address.ts";
import { streamLimits } from "./stream-connection.ts";
import { StreamTransport } from "./stream-transport.ts";
import type { StreamTransportOptions } from "./stream-transport.ts";
import { tlsServerOptions } from "./tls-transport.ts";
import { listenFailureOf } from "./transport-error.ts";
import { WebSocketFraming, WebSocketStream } from "./websocket-stream.ts";

export interface WebSocketTransportOptions extends StreamTransportOptions {
  /** Absent: without TLS. */
  readonly certificates: Certificates | undefined;
  /** Web pages that may connect, as `https://phone.example`; absent: all. What is no browser sends none and is let in. */
  readonly origins: readonly string[] | undefined;
}

/** Connections that wait to be taken up while the event loop is busy. */
const backlog = 1024;

/** SIP over WebSocket (RFC 7118). The failure is the rest of a sentence: why the port cannot be opened. */
export async function openWebSocketTransport(
  options: WebSocketTransportOptions,
): Promise<Result<StreamTransport, string>> {
  const { certificates, address } = options;
  const server = makeServer(certificates);
  try {
    server.listen({ host: address, port: options.port, ipv6Only: isIpv6Address(address), backlog });
    await once(server, "listening");
  } catch (error) {
    return fail(listenFailureOf(error));
  }
  const transport = new StreamTransport(
    {
      protocol: certificates === undefined ? "WS" : "WSS",
      server,
      // RFC 7118 §5.1: clients cannot be connected to; they are reached by the connection that they opened.
      connect: () => fail("a WebSocket is opened by its phone alone"),
      framing: () => new WebSocketFraming(),
    },
    options,
  );
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: messageLimits.headBytes + messageLimits.bodyBytes,
    handleProtocols: () => "sip",
  });
  const limits = { ...streamLimits, ...options.limits };
  server.on("connection", (socket: Socket) => transport.admit(socket));
  server.on("request", (_request, response) => {
    response.writeHead(426, { Upgrade: "websocket", Connection: "close" }).end();
  });
  server.on("upgrade", (request, socket: Socket, head) => {
    // With TLS it is another one than the entrance listens to.
    socket.on("error", () => undefined);
    const refusal = findRefusal(request, options.origins);
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      transport.accept(new WebSocketStream({ webSocket, socket, clock: options.clock, limits }));
    });
  });
  return succeed(transport);
}

function makeServer(certificates: Certificates | undefined) {
  if (certificates === undefined) return createHttpServer();
  const server = createHttpsServer(tlsServerOptions(certificates));
  certificates.onChange(() => server.setSecureContext({ ...certificates.first, minVersion: oldestTls }));
  return server;
}

/** Why a handshake is not answered with a WebSocket, as HTTP's status. */
function findRefusal(request: IncomingMessage, origins: readonly string[] | undefined): string | undefined {
  const protocols = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  // RFC 7118 §4.1: the client has to ask for "sip", or we would not understand each other.
  if (!protocols.includes("sip")) return "400 Bad Request";
  const { origin } = request.headers;
  // RFC 6455 §10.2: browsers say which page it is that connects.
  if (origins !== undefined && origin !== undefined && !origins.includes(origin.toLowerCase())) {
    return "403 Forbidden";
  }
  return undefined;
}
