import { z } from "zod";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import { tryTarget } from "../../number-tester.ts";
import { problems } from "../problems.ts";
import { pbxParams, requireSetup } from "./pbx-setup.ts";

const triedSchema = z
  .object({
    kind: z.enum(["extension", "number", "short", "code", "uri"]),
    canonical: z.string().meta({ description: "What targets are compared by, and what people see." }),
    contact: z
      .string()
      .exactOptional()
      .meta({ description: "What stands in the 302. Absent: Divert calls the target itself." }),
  })
  .meta({ id: "TriedTarget" });

/** POST a target as it is typed: what it means, and what the PBX would be sent. */
export function tryTargetAtPbx(app: App, { directory }: Application): void {
  app.post(
    "/api/pbxs/:pbx/try-target",
    {
      schema: {
        summary: "Try a target",
        description: "By the rights of that group's lines, or by those that hold without a word.",
        tags: ["installation"],
        params: pbxParams,
        body: z
          .strictObject({ target: z.string().max(512), group: z.string().exactOptional() })
          .meta({ id: "TargetToTry" }),
        response: { 200: triedSchema, ...problems(400, 401, 404, 422) },
      },
    },
    ({ params, body }) => {
      const tried = tryTarget(body.target, requireSetup(directory, params.pbx), body.group, directory);
      const { kind, canonical } = tried.target;
      return { kind, canonical, ...(tried.contact !== undefined && { contact: tried.contact }) };
    },
  );
}
