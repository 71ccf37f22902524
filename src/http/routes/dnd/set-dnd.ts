import { z } from "zod";
import { actorOf } from "../../access.ts";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import { quoteTag, readIfMatch } from "../../entity-tag.ts";
import { lineOwner, lineParams, ownerMustExist } from "../forwardings/owner.ts";
import { problems } from "../problems.ts";
import { describeDnd, dndInputSchema, dndSchema } from "./dnd-schema.ts";

/** PUT do not disturb of a line. On disk before it is answered. */
export function setDnd(app: App, { directory }: Application): void {
  app.put(
    "/api/lines/:line/dnd",
    {
      config: { access: lineOwner.writeAccess },
      onRequest: ownerMustExist(lineOwner, directory),
      schema: {
        summary: "Set do not disturb",
        description:
          "Holds for the next call, after the rules for `always` and before all others. Switched off, it keeps its target.",
        tags: ["lines"],
        params: lineParams,
        headers: z.object({ "if-match": z.string().exactOptional() }),
        body: dndInputSchema,
        response: { 200: dndSchema, ...problems(400, 401, 403, 404, 412, 422, 503) },
      },
    },
    async (request, reply) => {
      const { line } = request.params;
      const { etag } = directory.doNotDisturbSetting(line);
      const ifMatch = readIfMatch(request.headers["if-match"], etag);
      const current = await directory.setDoNotDisturb(line, request.body, {
        actor: actorOf(request),
        ...(ifMatch === undefined ? {} : { ifMatch }),
      });
      return reply.header("etag", quoteTag(current.etag)).send(describeDnd(current));
    },
  );
}
