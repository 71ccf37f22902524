import { z } from "zod";
import { answerCodes, type LineGroup } from "../../../directory/installation.ts";
import { relayFailures } from "../../../forwarding/call-facts.ts";
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
    relayFailure: z.enum(relayFailures).meta({
      description:
        "What becomes of a relayed call whose target fails: its answer goes back, or the phones ring.",
    }),
    targets: z.object({
      foreignHosts: z
        .array(z.string())
        .meta({ description: "Hosts besides the PBX's own that forwardings may lead to." }),
    }),
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
    () => ({ groups: [...directory.groups()].map(describeGroup) }),
  );
}

function describeGroup({ targets, ...group }: LineGroup): z.output<typeof groupSchema> {
  return { ...group, targets: { foreignHosts: [...targets.foreignHosts] } };
}
