import { z } from "zod";
import { actorOf } from "../../access.ts";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import { problems } from "../problems.ts";
import { checkSchema, describeCheck, pbxParams, requireChecks } from "./check-schema.ts";

const longestWaitSeconds = 600;

const wishSchema = z
  .strictObject({
    lines: z
      .array(z.string())
      .min(2)
      .max(3)
      .exactOptional()
      .meta({ description: "Who calls, who is called, who is forwarded to. Absent: lines that are idle." }),
    outsideCall: z
      .union([
        z.strictObject({ waitSeconds: z.int().min(1).max(longestWaitSeconds) }),
        z.strictObject({ dial: z.string().regex(/^[0-9*#+]{2,32}$/) }),
      ])
      .exactOptional()
      .meta({
        description:
          "How a caller from outside is to be had: somebody calls the second line within that time, or the number leads out over the trunk and back to it.",
      }),
    ringSeconds: z.int().min(0).max(longestWaitSeconds).exactOptional().meta({
      description: "For how long a line is let ring at the most; 0: that is not tried. Absent: 120.",
    }),
  })
  .meta({ id: "CheckWish" });

/** POST: test calls between lines of the PBX begin, and go on by themselves. */
export function startCheck(app: App, application: Application): void {
  app.post(
    "/api/pbxs/:pbx/check",
    {
      config: { access: "admin" },
      schema: {
        summary: "Check a PBX",
        description:
          "Places test calls between two or three lines and finds out what the PBX does with them. Calls of others go their usual way.",
        tags: ["installation"],
        params: pbxParams,
        body: wishSchema,
        response: { 202: checkSchema, ...problems(400, 401, 403, 404, 409, 503) },
      },
    },
    (request, reply) => {
      const run = requireChecks(application).start(request.params.pbx, request.body, actorOf(request));
      void reply.code(202);
      return describeCheck(run);
    },
  );
}
