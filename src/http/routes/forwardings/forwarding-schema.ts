/** Forwardings as the API reads and tells them. */
import { z } from "zod";
import type { CurrentForwarding, SetForwardingResult } from "../../../directory/directory.ts";
import { type Forwarding, callers, weekdays, whens } from "../../../forwarding/rules.ts";

const timeOfDay = /^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/;

const instant = z.iso
  .datetime({ offset: true })
  .meta({ description: "ISO 8601 with offset.", examples: ["2026-12-24T18:00:00+01:00"] });

const hoursSchema = z
  .strictObject({
    days: z.array(z.enum(weekdays)).min(1).max(7),
    from: z.string().regex(timeOfDay, "must be a time of day, HH:MM"),
    to: z.string().regex(timeOfDay, "must be a time of day, HH:MM"),
  })
  .meta({ id: "WeeklyHours", description: "Local times; `from` later than `to` ends on the day after." });

/** What stands beside the target. Unknown fields are refused: a misspelt one must not pass in silence. */
const options = {
  seconds: z.int().min(1).max(600).exactOptional().meta({
    description: "For noAnswer: how long the phones ring first.",
  }),
  from: instant.exactOptional(),
  until: instant.exactOptional(),
  hours: z.array(hoursSchema).min(1).max(50).exactOptional(),
  timeZone: z.string().max(64).exactOptional().meta({ description: "IANA name that `hours` are read in." }),
  groupCalls: z.boolean().exactOptional().meta({ description: "Forwards calls from groups and queues too." }),
  mandatory: z.boolean().exactOptional().meta({
    description: "Of group rules alone: comes before the user's rules of the same `when`.",
  }),
};

const target = z
  .string()
  .max(512)
  .meta({ description: "An extension, a number, or a SIP URI that policy permits." });

export const forwardingKeySchema = { when: z.enum(whens), callers: z.enum(callers) };

/** Body of PUT. Policy, numbering and self targets are the directory's to judge. */
export const forwardingInputSchema = z
  .strictObject({ target, enabled: z.boolean().default(true), ...options })
  .meta({
    id: "ForwardingSettings",
    examples: [
      { target: "102" },
      { target: "+4989123456", enabled: true, hours: [{ days: ["mon", "fri"], from: "08:00", to: "17:00" }] },
    ],
  });

const shared = { ...forwardingKeySchema, target, enabled: z.boolean(), ...options };

const etag = z.string().meta({ description: "For If-Match, without its quotes." });

const problem = z.string().exactOptional().meta({
  description: "Why its target cannot be used as things are now: the rule is passed over.",
});

export const forwardingSchema = z.object({ ...shared, etag, problem }).meta({
  id: "Forwarding",
  examples: [{ when: "busy", callers: "external", target: "+4989123456", enabled: true, etag: "9f2c" }],
});

export const forwardingsSchema = z
  .object({ forwardings: z.array(forwardingSchema) })
  .meta({ id: "Forwardings" });

export const warningSchema = z
  .object({ code: z.string(), message: z.string() })
  .meta({ id: "Warning", description: "Allowed, but may not do what was meant." });

export const setForwardingSchema = z
  .object({ ...shared, etag, warnings: z.array(warningSchema) })
  .meta({ id: "SetForwarding" });

export function describeForwarding({
  forwarding,
  etag,
  problem,
}: CurrentForwarding): z.output<typeof forwardingSchema> {
  return { ...copyForwarding(forwarding), etag, ...(problem !== undefined && { problem }) };
}

export function describeSetForwarding(result: SetForwardingResult): z.output<typeof setForwardingSchema> {
  return {
    ...copyForwarding(result.forwarding),
    etag: result.etag,
    warnings: result.warnings.map(({ code, message }) => ({ code, message })),
  };
}

function copyForwarding({ hours, ...rest }: Forwarding) {
  return {
    ...rest,
    ...(hours ? { hours: hours.map(({ days, from, to }) => ({ days: [...days], from, to })) } : {}),
  };
}
