import { z } from "zod";
import { Refusal } from "../../../base/refusal.ts";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import { problems } from "../problems.ts";
import { pbxParams, requireChecks } from "./check-schema.ts";

/** DELETE: its calls end. What it had found out by then is kept. */
export function stopCheck(app: App, application: Application): void {
  app.delete(
    "/api/pbxs/:pbx/check",
    {
      config: { access: "admin" },
      schema: {
        summary: "Stop the check of a PBX",
        tags: ["installation"],
        params: pbxParams,
        response: { 204: z.void().meta({ description: "It is stopped." }), ...problems(401, 403, 404, 503) },
      },
    },
    ({ params: { pbx } }, reply) => {
      if (application.directory.findPbx(pbx) === undefined)
        throw new Refusal("unknown-pbx", `There is no PBX ${pbx}.`);
      requireChecks(application).find(pbx)?.stop();
      void reply.code(204).send();
    },
  );
}
