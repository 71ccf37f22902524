import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import { problems } from "../problems.ts";
import { describeForwarding, forwardingsSchema } from "./forwarding-schema.ts";
import { type OwnerKind, ownerMustExist } from "./owner.ts";

/** GET all rules of a line or a group, in the order in which they are tried. */
export function listForwardings(app: App, { directory }: Application, kind: OwnerKind): void {
  app.get(
    kind.url,
    {
      onRequest: ownerMustExist(kind, directory),
      schema: {
        summary: "List the forwardings",
        tags: [kind.tag],
        params: kind.params,
        response: { 200: forwardingsSchema, ...problems(401, 404) },
      },
    },
    (request) => ({
      forwardings: directory.forwardings(kind.ownerIn(request.params)).map(describeForwarding),
    }),
  );
}
