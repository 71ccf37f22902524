import { z } from "zod";
import { disturbable } from "../../../directory/do-not-disturb.ts";
import { actorOf } from "../../access.ts";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import { readIfMatch } from "../../entity-tag.ts";
import { lineOwner, lineParams, ownerMustExist } from "../forwardings/owner.ts";
import { problems } from "../problems.ts";

/** DELETE do not disturb of a line: it is off and has no target. Off already, nothing changes. */
export function removeDnd(app: App, { directory }: Application): void {
  app.delete(
    "/api/lines/:line/dnd",
    {
      config: { access: lineOwner.writeAccess },
      onRequest: ownerMustExist(lineOwner, directory),
      schema: {
        summary: "Switch do not disturb off",
        tags: ["lines"],
        params: lineParams,
        headers: z.object({ "if-match": z.string().exactOptional() }),
        response: {
          204: z.void().meta({ description: "It is off." }),
          ...problems(401, 403, 404, 412, 503),
        },
      },
    },
    async (request, reply) => {
      const { line } = request.params;
      const { etag } = directory.doNotDisturbSetting(line);
      const ifMatch = readIfMatch(request.headers["if-match"], etag);
      await directory.setDoNotDisturb(line, disturbable, {
        actor: actorOf(request),
        ...(ifMatch === undefined ? {} : { ifMatch }),
      });
      return reply.code(204).send();
    },
  );
}
