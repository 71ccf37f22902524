import { z } from "zod";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import { problems } from "../problems.ts";

const tokenSchema = z.object({ name: z.string(), role: z.enum(["user", "admin"]) }).meta({ id: "Token" });

/** GET the programs' tokens by name; of their secrets nothing, not even the hash. */
export function listTokens(app: App, { directory }: Application): void {
  app.get(
    "/api/tokens",
    {
      config: { access: "admin" },
      schema: {
        summary: "List tokens",
        tags: ["accounts"],
        response: {
          200: z.object({ tokens: z.array(tokenSchema) }).meta({ id: "Tokens" }),
          ...problems(401, 403),
        },
      },
    },
    () => ({ tokens: [...directory.tokens()].map(({ name, role }) => ({ name, role })) }),
  );
}
