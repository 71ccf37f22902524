import { z } from "zod";
import { Refusal } from "../../../base/refusal.ts";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import { problems } from "../problems.ts";
import { checkSchema, describeCheck, describeForApi, findingSchema, pbxParams } from "./check-schema.ts";

/** GET how the latest check stands, and what all of them have found out. */
export function getCheck(app: App, { directory, checks }: Application): void {
  app.get(
    "/api/pbxs/:pbx/check",
    {
      config: { access: "admin" },
      schema: {
        summary: "Show what is known of a PBX",
        tags: ["installation"],
        params: pbxParams,
        response: {
          200: z
            .object({
              check: checkSchema.exactOptional().meta({ description: "The latest since the start." }),
              known: z
                .array(findingSchema)
                .meta({ description: "Of all checks, the latest of each question." }),
            })
            .meta({ id: "CheckReport" }),
          ...problems(401, 403, 404),
        },
      },
    },
    ({ params: { pbx } }) => {
      if (directory.findPbx(pbx) === undefined) throw new Refusal("unknown-pbx", `There is no PBX ${pbx}.`);
      const run = checks?.find(pbx);
      return {
        ...(run !== undefined && { check: describeCheck(run) }),
        known: directory.findingsOf(pbx).map(describeForApi),
      };
    },
  );
}
