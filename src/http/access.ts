/**
 * Who is let in. Runs before a request's body is read: the requester's address, Host and Origin, then the token, then
 * what the route asks for.
 */
import { hash, timingSafeEqual } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../base/clock.ts";
import { Refusal } from "../base/refusal.ts";
import type { Directory } from "../directory/directory.ts";
import type { Principal, TokenCheck } from "./application.ts";
import { FailureLimit } from "./failure-limit.ts";
import { isLoopback } from "./listen-address.ts";

/**
 * What a route asks for. `open`: nothing. `local`: sign-in, except from this machine. `account`: sign-in once there are
 * accounts; the rule for routes that say nothing. `admin`: the role too. `lines`: the role, or a line of one's own.
 */
export type Access = "open" | "local" | "account" | "admin" | "lines";

declare module "fastify" {
  interface FastifyContextConfig {
    access?: Access;
  }
  interface FastifyRequest {
    /** Who asks; undefined on open routes alone. */
    principal: Principal | undefined;
  }
}

export interface AccessOptions {
  readonly directory: Directory;
  readonly tokens: TokenCheck;
  readonly clock: Clock;
  /** Secret of this data folder, known to whoever may read its files: the command line on the same machine. */
  readonly localSecret?: string;
}

const localAdministrator: Principal = { name: "local", role: "admin", lines: [] };

/** Guesses that one address may make in a minute. */
const failuresPerMinute = 20;

/** The hook that lets in or throws the refusal. */
export function createAccessCheck(options: AccessOptions) {
  const failures = new FailureLimit({ clock: options.clock, limit: failuresPerMinute, windowMs: 60_000 });

  const { localSecret } = options;
  const localHash = localSecret === undefined ? undefined : hash("sha256", localSecret, "buffer");

  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const access = request.routeOptions.config.access ?? "account";
    if (access === "open") return;
    refuseForeignOrigin(request);
    request.principal = identify(request, reply);
    if (access === "admin" && request.principal.role !== "admin") {
      throw new Refusal("forbidden", "Only an administrator may do this.");
    }
    if (access === "lines") requireLine(request.principal, (request.params as { line?: string }).line);
    return Promise.resolve();
  };

  /** Compared by hash, so that the time tells nothing of the secret. */
  function isLocal(secret: string): boolean {
    return localHash !== undefined && timingSafeEqual(hash("sha256", secret, "buffer"), localHash);
  }

  function identify(request: FastifyRequest, reply: FastifyReply): Principal {
    const secret = readBearer(request.headers.authorization);
    if (secret !== undefined) {
      const principal = isLocal(secret) ? localAdministrator : options.tokens.check(secret);
      if (principal) return principal;
    }
    const isOpenToLocal = !options.directory.needsSignIn || request.routeOptions.config.access === "local";
    if (isOpenToLocal && isLoopback(request.ip)) {
      refuseDisguisedStranger(request);
      return localAdministrator;
    }
    if (secret !== undefined && !failures.record(request.ip)) {
      void reply.header("retry-after", "60");
      throw new Refusal("too-many-requests", "Too many wrong tokens came from this address. Wait a minute.");
    }
    if (!options.directory.needsSignIn) {
      throw new Refusal(
        "forbidden",
        "Without users and tokens in the configuration only this machine itself is answered.",
      );
    }
    void reply.header("www-authenticate", 'Bearer realm="divert"');
    throw new Refusal(
      "unauthenticated",
      secret === undefined ? "Sign in: send Authorization: Bearer TOKEN." : "This token is not known.",
    );
  }
}

/** An administrator may change every line, a user those that are his. */
function requireLine(principal: Principal, lineId: string | undefined): void {
  if (principal.role === "admin") return;
  if (lineId !== undefined && principal.lines.includes(lineId)) return;
  throw new Refusal("forbidden", "This account may not change this line.");
}

function readBearer(authorization: string | undefined): string | undefined {
  return /^Bearer +([^\s]+) *$/i.exec(authorization ?? "")?.[1];
}

/** A page of another origin sends its Origin along; `null` is one too. Our own app's is that of the Host asked. */
function refuseForeignOrigin(request: FastifyRequest): void {
  const origin = request.headers.origin;
  if (origin === undefined) return;
  const host = URL.canParse(origin) ? new URL(origin).host : undefined;
  if (host === undefined || host === "" || host !== request.headers.host?.toLowerCase()) {
    throw new Refusal("forbidden", "Requests of pages of another origin are refused.");
  }
}

/**
 * Without sign-in, whoever seems to be this machine is administrator. A browser on this machine may be led here by a
 * page whose name was re-bound to 127.0.0.1: its Host gives it away. A reverse proxy's visitors seem local as well.
 */
function refuseDisguisedStranger(request: FastifyRequest): void {
  const host = request.headers.host ?? "";
  const name = URL.canParse(`http://${host}`)
    ? new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, "")
    : "";
  if (!isLoopback(name)) {
    throw new Refusal(
      "forbidden",
      "Without sign-in the API is asked for as localhost or 127.0.0.1, by no other name.",
    );
  }
  if (request.headers.forwarded !== undefined || request.headers["x-forwarded-for"] !== undefined) {
    throw new Refusal(
      "forbidden",
      "A proxy handed this request on. Name a user or a token in the configuration before opening the API to others.",
    );
  }
}

/** Name of who asks, for what is written down of a change. */
export function actorOf(request: FastifyRequest): string {
  return request.principal?.name ?? "local";
}
