import { z } from "zod";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import { tryCaller } from "../../number-tester.ts";
import { problems } from "../problems.ts";
import { pbxParams, requireSetup } from "./pbx-setup.ts";

const triedSchema = z
  .object({
    caller: z.enum(["internal", "external"]),
    kind: z
      .string()
      .meta({ description: "`extension`, `colleague`, `number`, `emergency`, `name`, `unreadable`, ..." }),
    canonical: z.string().meta({ description: "What callers and targets are compared by; empty: nobody." }),
    because: z.array(z.string()),
  })
  .meta({ id: "TriedCaller" });

/** POST a caller as the PBX writes it: who it is, and from inside or outside. */
export function tryCallerAtPbx(app: App, { directory }: Application): void {
  app.post(
    "/api/pbxs/:pbx/try-caller",
    {
      schema: {
        summary: "Try a caller's number",
        description:
          "Read as a call's From is: a number, user@host, a SIP or tel URI, anonymous. Any text gives an answer.",
        tags: ["installation"],
        params: pbxParams,
        body: z
          .strictObject({ caller: z.union([z.string().max(512), z.number()]) })
          .meta({ id: "CallerToTry" }),
        response: { 200: triedSchema, ...problems(400, 401, 404) },
      },
    },
    ({ params, body }) => {
      const { caller, kind, because } = tryCaller(String(body.caller), requireSetup(directory, params.pbx));
      return { caller: caller.class, kind, canonical: caller.identity, because: [...because] };
    },
  );
}
