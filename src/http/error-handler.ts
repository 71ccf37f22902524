/** The HTTP door at which everything thrown becomes a problem: refusals as they are, bugs as a 500 that says nothing. */
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "../base/logger.ts";
import { type Fault, Refusal, type RefusalCode } from "../base/refusal.ts";
import { createProblem, problemContentType, statusOf } from "./problem.ts";

/** Sends a refusal; `detail` and faults go out as they are, they are made to be shown. */
export function sendRefusal(reply: FastifyReply, refusal: Refusal): FastifyReply {
  const status = statusOf(refusal.code);
  if (refusal.code === "storage-unavailable") void reply.header("retry-after", "5");
  return sendProblem(reply, status, refusal.code, refusal.message, refusal.faults);
}

/** The handler for all that routes, hooks and fastify itself throw. */
export function createErrorHandler(logger: Logger) {
  return (error: FastifyError | Refusal, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const refusal = error instanceof Refusal ? error : asRefusal(error);
    if (refusal) {
      if (refusal.code === "storage-unavailable") logger.warn({ error: refusal }, "storage unavailable");
      return sendRefusal(reply, refusal);
    }
    logger.error({ error, method: request.method, route: request.routeOptions.url }, "http request failed");
    return sendProblem(
      reply,
      500,
      "internal-error",
      "Something went wrong in Divert itself; its log tells what.",
    );
  };
}

export function notFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split("?", 1)[0] ?? "";
  return sendProblem(reply, 404, "not-found", `There is no ${request.method} ${path.slice(0, 200)} here.`);
}

function sendProblem(
  reply: FastifyReply,
  status: number,
  code: RefusalCode | "internal-error",
  detail: string,
  faults: readonly Fault[] = [],
): FastifyReply {
  // Serialized here: a route's response schema does not have to name the problems that every route can have.
  const body = JSON.stringify(createProblem(status, code, detail, faults));
  return reply.code(status).header("content-type", problemContentType).serializer(String).send(body);
}

/** Refusals of fastify's own; undefined: a bug. */
function asRefusal(error: FastifyError): Refusal | undefined {
  const code = fastifyCodes[error.code];
  if (code) return new Refusal(code, error.message);
  if (error.statusCode && error.statusCode >= 400 && error.statusCode < 500) {
    return new Refusal("invalid-input", error.message);
  }
  return undefined;
}

const fastifyCodes: Readonly<Record<string, RefusalCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported-media-type",
  FST_ERR_CTP_BODY_TOO_LARGE: "too-large",
};
