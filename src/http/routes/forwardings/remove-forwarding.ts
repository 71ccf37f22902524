import { z } from "zod";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import { readIfMatch } from "../../entity-tag.ts";
import { actorOf } from "../../access.ts";
import { problems } from "../problems.ts";
import { type OwnerKind, ownerMustExist } from "./owner.ts";

/** DELETE one rule. */
export function removeForwarding(app: App, { directory }: Application, kind: OwnerKind): void {
  app.delete(
    `${kind.url}/:when/:callers`,
    {
      config: { access: kind.writeAccess },
      onRequest: ownerMustExist(kind, directory),
      schema: {
        summary: "Remove a forwarding",
        tags: [kind.tag],
        params: kind.keyedParams,
        headers: z.object({ "if-match": z.string().exactOptional() }),
        response: {
          204: z.void().meta({ description: "It is gone." }),
          ...problems(400, 401, 403, 404, 412, 503),
        },
      },
    },
    async (request, reply) => {
      const { when, callers } = request.params;
      const owner = kind.ownerIn(request.params);
      const ifMatch = readIfMatch(
        request.headers["if-match"],
        directory.findForwarding(owner, when, callers)?.etag,
      );
      await directory.removeForwarding(
        owner,
        { when, callers },
        { actor: actorOf(request), ...(ifMatch === undefined ? {} : { ifMatch }) },
      );
      return reply.code(204).send();
    },
  );
}
