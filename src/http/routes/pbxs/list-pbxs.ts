import { z } from "zod";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import type { PbxConfiguration } from "../../../pbx/pbx-configuration.ts";
import { toldKeys } from "../../../pbx/told-keys.ts";
import { problems } from "../problems.ts";
import { profileKeySchema } from "../profiles/profile-schema.ts";

const pbxSchema = z
  .object({
    id: z.string(),
    profile: z.string(),
    site: z.string(),
    registrar: z.string(),
    domain: z.string(),
    realm: z.string().exactOptional(),
    redirect: z.enum(["yes", "no", "auto"]),
    outboundProxy: z.string().exactOptional(),
    addresses: z.array(z.string()),
    overrides: z
      .record(z.string(), z.unknown())
      .meta({ description: "Keys that differ from the profile's." }),
    keys: z.array(profileKeySchema).meta({ description: "What holds at this PBX, and how it is known." }),
    lines: z.int().meta({ description: "How many lines register there." }),
    registered: z.int().meta({ description: "How many of them are registered." }),
  })
  .meta({ id: "Pbx" });

/** GET the PBXs with how many of their lines are registered. */
export function listPbxs(app: App, { directory, lineStates }: Application): void {
  app.get(
    "/api/pbxs",
    {
      schema: {
        summary: "List PBXs",
        tags: ["installation"],
        response: { 200: z.object({ pbxs: z.array(pbxSchema) }).meta({ id: "Pbxs" }), ...problems(401) },
      },
    },
    () => ({
      pbxs: [...directory.pbxs()].map((pbx) => ({
        ...pbx,
        ...countLines(pbx.id),
        ...copiesOf(pbx),
        keys: toldKeys(directory.profileOf(pbx)),
      })),
    }),
  );

  function countLines(pbx: string): { lines: number; registered: number } {
    let lines = 0;
    let registered = 0;
    for (const line of directory.linesOfPbx(pbx)) {
      lines++;
      if (lineStates.stateOf(line.id)?.registration.state === "registered") registered++;
    }
    return { lines, registered };
  }
}

function copiesOf(pbx: Pick<PbxConfiguration, "addresses" | "overrides">) {
  return { addresses: [...pbx.addresses], overrides: { ...pbx.overrides } };
}
