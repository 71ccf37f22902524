import { z } from "zod";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import { quoteTag, readIfMatch } from "../../entity-tag.ts";
import { actorOf } from "../../access.ts";
import { problems } from "../problems.ts";
import { describeSetForwarding, forwardingInputSchema, setForwardingSchema } from "./forwarding-schema.ts";
import { type OwnerKind, ownerMustExist } from "./owner.ts";

/** PUT one rule: 201 when it is new, 200 when it takes another's place. On disk before it is answered. */
export function setForwarding(app: App, { directory }: Application, kind: OwnerKind): void {
  app.put(
    `${kind.url}/:when/:callers`,
    {
      config: { access: kind.writeAccess },
      onRequest: ownerMustExist(kind, directory),
      schema: {
        summary: "Set a forwarding",
        description:
          "Holds for the next call. Nothing is sent to the PBX. Replaces the rule of the same when and callers.",
        tags: [kind.tag],
        params: kind.keyedParams,
        headers: z.object({ "if-match": z.string().exactOptional() }),
        body: forwardingInputSchema,
        response: {
          200: setForwardingSchema,
          201: setForwardingSchema,
          ...problems(400, 401, 403, 404, 412, 422, 503),
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
      const result = await directory.setForwarding(
        owner,
        { ...request.body, when, callers },
        { actor: actorOf(request), ...(ifMatch === undefined ? {} : { ifMatch }) },
      );
      return reply
        .code(result.created ? 201 : 200)
        .header("etag", quoteTag(result.etag))
        .send(describeSetForwarding(result));
    },
  );
}
