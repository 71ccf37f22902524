import { z } from "zod";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";

const readinessSchema = z
  .object({ ready: z.boolean(), checks: z.record(z.string(), z.boolean()) })
  .meta({ id: "Readiness" });

/** GET whether new work should be sent here. For load balancers. */
export function getReadiness(app: App, { health }: Application): void {
  app.get(
    "/readyz",
    {
      config: { access: "open" },
      schema: {
        summary: "Whether new calls should come here",
        tags: ["operation"],
        response: { 200: readinessSchema, 503: readinessSchema },
      },
    },
    (_request, reply) => {
      const checks = { ...health.checks() };
      const ready = health.state() === "running" && Object.values(checks).every(Boolean);
      void reply.code(ready ? 200 : 503).send({ ready, checks });
    },
  );
}
