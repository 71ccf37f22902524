import { z } from "zod";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import { problems } from "../problems.ts";

/** GET the figures, in Prometheus' text format. */
export function getMetrics(app: App, { metrics }: Application): void {
  app.get(
    "/metrics",
    {
      config: { access: "local" },
      schema: {
        summary: "Figures for Prometheus",
        description: "From this machine without sign-in; from elsewhere with a token.",
        tags: ["operation"],
        produces: ["text/plain"],
        response: { 200: z.string(), ...problems(401, 403) },
      },
    },
    async (_request, reply) => {
      const text = await metrics.text();
      return reply.header("content-type", metrics.contentType).serializer(String).send(text);
    },
  );
}
