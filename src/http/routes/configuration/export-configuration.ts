import { z } from "zod";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import { problems } from "../problems.ts";

/** GET the whole configuration as a file that can be applied again; `${env:NAME}` stands where secrets were. */
export function exportConfiguration(app: App, { configurations }: Application): void {
  app.get(
    "/api/configuration",
    {
      config: { access: "admin" },
      schema: {
        summary: "Export the configuration",
        tags: ["installation"],
        produces: ["application/yaml"],
        response: { 200: z.string(), ...problems(401, 403) },
      },
    },
    (_request, reply) => {
      const type = "application/yaml; charset=utf-8";
      void reply.header("content-type", type).serializer(String).send(configurations.export());
    },
  );
}
