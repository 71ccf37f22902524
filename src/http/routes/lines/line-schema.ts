/** Lines as the API tells them: never a password, never the token of a Contact. */
import { z } from "zod";
import type { Line } from "../../../directory/directory-store.ts";
import type { Directory } from "../../../directory/directory.ts";
import type { LineStates } from "../../application.ts";
import { describeDndState, dndStateSchema } from "../dnd/dnd-schema.ts";

const registrationSchema = z
  .object({
    state: z.string().meta({
      description: "`registered`, or why not in a word; `not-running` where no server runs the line.",
    }),
    since: z.string().exactOptional(),
    expiresAt: z.string().exactOptional(),
    reason: z.string().exactOptional(),
  })
  .meta({ id: "Registration" });

const registeredPhoneSchema = z
  .object({
    contact: z.string().meta({ description: "The SIP URI at which it is rung." }),
    transport: z.string(),
    source: z.string().meta({ description: "Address and port that it was heard from." }),
    userAgent: z.string().exactOptional().meta({ description: "What it says it is." }),
    expiresAt: z
      .string()
      .meta({ description: "Until when it counts as registered unless it registers again." }),
    warnings: z
      .array(z.object({ code: z.string(), message: z.string() }))
      .readonly()
      .meta({
        description:
          "Why its calls may be silent: `browser-media`, its media is a browser's and the PBX may not take that; " +
          "`nat-media`, a NAT stands before it.",
      }),
  })
  .meta({ id: "RegisteredPhone" });

export const lineSchema = z
  .object({
    id: z.string(),
    extension: z.string(),
    displayName: z.string().exactOptional(),
    group: z.string(),
    pbx: z.string(),
    username: z.string(),
    authUsername: z.string().exactOptional(),
    secondCall: z.enum(["yes", "no", "unknown"]),
    callWaiting: z.boolean(),
    dnd: dndStateSchema.meta({ description: "Do not disturb." }),
    phone: z.object({ username: z.string() }).exactOptional(),
    registration: registrationSchema,
    calls: z.int().meta({ description: "Calls in progress." }),
    phones: z.int().meta({ description: "Phones registered." }),
  })
  .meta({
    id: "Line",
    examples: [
      {
        id: "101",
        extension: "101",
        group: "sales",
        pbx: "hq",
        username: "101",
        secondCall: "yes",
        callWaiting: true,
        dnd: { enabled: false },
        registration: { state: "registered", since: "2026-11-22T20:00:00.000Z" },
        calls: 0,
        phones: 1,
      },
    ],
  });

/** One line alone is told with its phones. */
export const lineWithPhonesSchema = lineSchema
  .extend({ registeredPhones: z.array(registeredPhoneSchema) })
  .meta({ id: "LineWithPhones" });

export function describeLine(
  line: Line,
  directory: Directory,
  states: LineStates,
): z.output<typeof lineSchema> {
  const state = states.stateOf(line.id);
  return {
    id: line.id,
    extension: line.extension,
    ...(line.displayName === undefined ? {} : { displayName: line.displayName }),
    group: line.group,
    pbx: directory.findGroup(line.group)?.pbx ?? "",
    username: line.username,
    ...(line.authUsername === undefined ? {} : { authUsername: line.authUsername }),
    secondCall: line.secondCall,
    callWaiting: line.callWaiting,
    dnd: describeDndState(directory.doNotDisturbSetting(line.id).setting),
    ...(line.phone ? { phone: { username: line.phone.username } } : {}),
    registration: state?.registration ?? { state: "not-running" },
    calls: state?.calls ?? 0,
    phones: state?.phones ?? 0,
  };
}
