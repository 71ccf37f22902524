import { z } from "zod";
import { answerCodes, type LineGroup, type TargetRights } from "../../../directory/installation.ts";
import { relayFailures } from "../../../forwarding/call-facts.ts";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import { problems } from "../problems.ts";

const answerSchema = z.literal([...answerCodes]);

const rightsSchema = z
  .object({
    foreignHosts: z
      .array(z.string())
      .meta({ description: "Hosts besides the PBX's own that forwardings may lead to." }),
    premium: z.boolean().exactOptional(),
    abroad: z.boolean().exactOptional(),
    satellite: z.boolean().exactOptional(),
    ownCountry: z.boolean().exactOptional(),
    longest: z.int().exactOptional(),
    allow: z.array(z.string()).exactOptional(),
    deny: z.array(z.string()).exactOptional(),
  })
  .meta({ id: "TargetRights", description: "What is absent is as it is without a word." });

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
    targets: rightsSchema,
    groupTargets: rightsSchema.exactOptional().meta({
      description: "Of the group's own forwardings; absent: as `targets`.",
    }),
    limits: z
      .object({ perHour: z.int(), relayedAtOnce: z.int() })
      .exactOptional()
      .meta({ description: "How much one line may forward to outside of the PBX." }),
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

function describeGroup({ targets, groupTargets, ...group }: LineGroup): z.output<typeof groupSchema> {
  return {
    ...group,
    targets: copyOf(targets),
    ...(groupTargets !== undefined && { groupTargets: copyOf(groupTargets) }),
  };
}

function copyOf({ foreignHosts, allow, deny, ...rights }: TargetRights): z.output<typeof rightsSchema> {
  return {
    ...rights,
    foreignHosts: [...foreignHosts],
    ...(allow !== undefined && { allow: [...allow] }),
    ...(deny !== undefined && { deny: [...deny] }),
  };
}
