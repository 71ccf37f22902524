import { z } from "zod";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";

const stateSchema = z.object({ state: z.enum(["starting", "running", "stopping"]) }).meta({ id: "Health" });

/** GET whether the process is up: the configuration is in and all listeners are open. For supervisors. */
export function getHealth(app: App, { health }: Application): void {
  app.get(
    "/healthz",
    {
      config: { access: "open" },
      schema: {
        summary: "Whether it is up",
        tags: ["operation"],
        response: { 200: stateSchema, 503: stateSchema },
      },
    },
    (_request, reply) => {
      const state = health.state();
      void reply.code(state === "starting" ? 503 : 200).send({ state });
    },
  );
}
