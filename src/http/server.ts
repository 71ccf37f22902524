/** The HTTP server: limits, checks at the door, routes. */
import { fastify } from "fastify";
import { serializerCompiler } from "fastify-type-provider-zod";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import { Refusal } from "../base/refusal.ts";
import { createAccessCheck } from "./access.ts";
import type { App } from "./app.ts";
import type { Application } from "./application.ts";
import { createErrorHandler, notFound } from "./error-handler.ts";
import { compileInputCheck } from "./input-check.ts";
import { acceptJson } from "./json-body.ts";
import { type ListenAddress, refuseOpenListening } from "./listen-address.ts";
import { describeApi } from "./openapi.ts";
import { addRoutes } from "./routes/routes.ts";

export interface HttpServerOptions {
  readonly application: Application;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  /** Secret by which the command line on this machine is let in; see server-file.ts. */
  readonly localSecret?: string;
}

export interface HttpServer {
  /** For requests without a socket: the command line's, when no server runs. */
  readonly app: App;
  /** Opens the port. Rejects with a `Refusal` when it would be open to everybody or is taken. Tells the port in use. */
  listen(address: ListenAddress): Promise<ListenAddress>;
  /** Idempotent; ends event streams and idle connections, lets running requests end. */
  close(): Promise<void>;
}

/** Everything that a client can make grow or wait is bounded here. */
const limits = {
  bodyLimit: 1_048_576,
  requestTimeout: 20_000,
  keepAliveTimeout: 20_000,
  routerOptions: { maxParamLength: 16_384 },
  forceCloseConnections: "idle",
  http: { headersTimeout: 10_000, connectionsCheckingInterval: 2_000, maxHeaderSize: 16_384 },
} as const;
const mostConnections = 2_000;
/** How long running requests may take when the server stops. */
const closePatienceMs = 2_000;

const securityHeaders = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;

export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { application, clock, logger, version } = options;
  const handleError = createErrorHandler(logger);
  const app: App = fastify({
    ...limits,
    frameworkErrors: (error, request, reply) => void handleError(error, request, reply),
    logger: false,
  });
  app.server.maxConnections = mostConnections;
  app.setValidatorCompiler(compileInputCheck);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(handleError);
  app.setNotFoundHandler(notFound);
  acceptJson(app);
  app.decorateRequest("principal", undefined);
  app.addHook("onRequest", async (_request, reply) => void reply.headers(securityHeaders));
  app.addHook("onRequest", createAccessCheck({ ...options, ...application }));
  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "none";
    application.metrics.observeRequest(request.method, route, reply.statusCode, reply.elapsedTime / 1_000);
    return Promise.resolve();
  });
  await describeApi(app, version);
  const streams = await addRoutes(app, application, clock);
  await app.ready();

  return {
    app,
    async listen(address) {
      const refusal = refuseOpenListening(address, application.directory.needsSignIn);
      if (refusal) throw refusal;
      try {
        await app.listen({ host: address.host, port: address.port });
      } catch (error) {
        throw whyNotListening(address, error);
      }
      const bound = app.server.address();
      return typeof bound === "object" && bound ? { host: address.host, port: bound.port } : address;
    },
    async close() {
      streams.close();
      // Node stops watching over slow requests once a server closes: whoever is not done by then is cut off.
      const patience = clock.after(closePatienceMs, () => app.server.closeAllConnections());
      await app.close();
      patience.cancel();
    },
  };
}

const listenFaults: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there. Name another with --http HOST:PORT.",
  EADDRNOTAVAIL: "this machine has no such address.",
  EACCES: "this user may not: ports below 1024 are the system's.",
  ENOTFOUND: "there is no such name.",
};

function whyNotListening({ host, port }: ListenAddress, error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const fault = listenFaults[code];
  if (fault === undefined) return error;
  return new Refusal("address-unavailable", `The API cannot listen on ${host}:${port}: ${fault}`, [], {
    cause: error,
  });
}
