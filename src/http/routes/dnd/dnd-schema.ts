/** Do not disturb as the API reads and tells it. */
import { z } from "zod";
import type { CurrentDoNotDisturb, DoNotDisturbSetting } from "../../../directory/directory.ts";

const target = z.string().max(512).exactOptional().meta({
  description: "Where callers go meanwhile. Absent: they hear the group's `dnd` answer.",
});

/** Body of PUT. Policy, numbering and self targets are the directory's to judge. */
export const dndInputSchema = z.strictObject({ enabled: z.boolean().default(true), target }).meta({
  id: "DoNotDisturbSettings",
  examples: [{}, { target: "500" }, { enabled: false, target: "500" }],
});

/** As it stands beside other things that are told of a line. */
export const dndStateSchema = z.object({ enabled: z.boolean(), target });

export const dndSchema = z
  .object({
    ...dndStateSchema.shape,
    etag: z.string().meta({ description: "For If-Match, without its quotes." }),
  })
  .meta({ id: "DoNotDisturb", examples: [{ enabled: true, target: "500", etag: "9f2c" }] });

export function describeDndState({ enabled, target }: DoNotDisturbSetting): z.output<typeof dndStateSchema> {
  return { enabled, ...(target === undefined ? {} : { target }) };
}

export function describeDnd({ setting, etag }: CurrentDoNotDisturb): z.output<typeof dndSchema> {
  return { ...describeDndState(setting), etag };
}
