import { z } from "zod";
import type { Profile } from "../../../pbx/profile.ts";
import { toldKeys } from "../../../pbx/told-keys.ts";

export const profileKeySchema = z
  .object({
    key: z.string(),
    value: z.unknown(),
    evidence: z.enum(["tested", "documented", "assumed", "found", "configured"]).meta({
      description:
        "`tested`: by the project's interop tests. `documented`: the source says so. `assumed`: the careful guess. " +
        "`found`: by a check of this very PBX. `configured`: the installation's configuration says so.",
    }),
    source: z.string().exactOptional().meta({ description: "The test's file, or title and section." }),
  })
  .meta({ id: "ProfileKey" });

export const profileSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    basedOn: z.string().exactOptional().meta({
      description: "Of a profile of the installation's own: the one of Divert's that it starts from.",
    }),
    keys: z.array(profileKeySchema),
    remarks: z.array(z.string()),
  })
  .meta({ id: "Profile" });

export function tellProfile(profile: Profile, basedOn?: string): z.output<typeof profileSchema> {
  const { id, name, remarks } = profile;
  return {
    id,
    name,
    ...(basedOn !== undefined && { basedOn }),
    keys: toldKeys(profile),
    remarks: [...remarks],
  };
}
