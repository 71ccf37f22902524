import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import { quoteTag } from "../../entity-tag.ts";
import { lineOwner, lineParams, ownerMustExist } from "../forwardings/owner.ts";
import { problems } from "../problems.ts";
import { describeDnd, dndSchema } from "./dnd-schema.ts";

/** GET do not disturb of a line, with its ETag; a line on which nobody set it has it off. */
export function getDnd(app: App, { directory }: Application): void {
  app.get(
    "/api/lines/:line/dnd",
    {
      onRequest: ownerMustExist(lineOwner, directory),
      schema: {
        summary: "Read do not disturb",
        tags: ["lines"],
        params: lineParams,
        response: { 200: dndSchema, ...problems(401, 404) },
      },
    },
    (request, reply) => {
      const current = directory.doNotDisturbSetting(request.params.line);
      void reply.header("etag", quoteTag(current.etag)).send(describeDnd(current));
    },
  );
}
