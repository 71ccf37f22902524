import { z } from "zod";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import { problems } from "../problems.ts";

const userSchema = z
  .object({ name: z.string(), role: z.enum(["user", "admin"]), lines: z.array(z.string()) })
  .meta({ id: "User" });

/** GET the users; of their passwords nothing, not even the hash. */
export function listUsers(app: App, { directory }: Application): void {
  app.get(
    "/api/users",
    {
      config: { access: "admin" },
      schema: {
        summary: "List users",
        tags: ["accounts"],
        response: {
          200: z.object({ users: z.array(userSchema) }).meta({ id: "Users" }),
          ...problems(401, 403),
        },
      },
    },
    () => ({
      users: [...directory.users()].map(({ name, role, lines }) => ({ name, role, lines: [...lines] })),
    }),
  );
}
