import { z } from "zod";
import { answerCodes } from "../../../directory/installation.ts";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import { problems } from "../problems.ts";

const answerSchema = z.literal([...answerCodes]);

const groupSchema = z
  .object({
    id: z.string(),
    pbx: z.string(),
    answers: z.object({
      busy: answerSchema,
      noPhone: answerSchema,
      declined: answerSchema,
      dnd: answerSchema,
    }),
    busyCounts: z.enum(["calls", "established"]),
  })
  .meta({ id: "Group" });

/** GET the line groups. */
export function listGroups(app: App, { directory }: Application): void {
  app.get(
    "/api/groups",
    {
      schema: {
        summary: "List line groups",
        tags: ["groups"],
        response: {
          200: z.object({ groups: z.array(groupSchema) }).meta({ id: "Groups" }),
          ...problems(401),
        },
      },
    },
    () => ({ groups: [...directory.groups()] }),
  );
}
