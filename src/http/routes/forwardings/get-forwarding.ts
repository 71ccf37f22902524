import { Refusal } from "../../../base/refusal.ts";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import { quoteTag } from "../../entity-tag.ts";
import { problems } from "../problems.ts";
import { describeForwarding, forwardingSchema } from "./forwarding-schema.ts";
import { type OwnerKind, ownerMustExist } from "./owner.ts";

/** GET one rule, with its ETag. */
export function getForwarding(app: App, { directory }: Application, kind: OwnerKind): void {
  app.get(
    `${kind.url}/:when/:callers`,
    {
      onRequest: ownerMustExist(kind, directory),
      schema: {
        summary: "Read one forwarding",
        tags: [kind.tag],
        params: kind.keyedParams,
        response: { 200: forwardingSchema, ...problems(400, 401, 404) },
      },
    },
    (request, reply) => {
      const { when, callers } = request.params;
      const current = directory.findForwarding(kind.ownerIn(request.params), when, callers);
      if (!current)
        throw new Refusal("no-such-forwarding", `There is no forwarding ${when}/${callers} here.`);
      void reply.header("etag", quoteTag(current.etag)).send(describeForwarding(current));
    },
  );
}
