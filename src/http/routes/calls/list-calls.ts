import { z } from "zod";
import type { CallQuery, CallRecord } from "../../../calls/call-log.ts";
import { callerClasses } from "../../../forwarding/rules.ts";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import { ruleNameSchema } from "../lines/explain-call.ts";
import { problems } from "../problems.ts";

const instant = z.iso.datetime({ offset: true, local: true });

/** What was done with a call to a line; `dial`: one of its phones placed it. */
const actionSchema = z.enum(["redirect", "relay", "ring", "reject", "dial"]);

const querySchema = z.strictObject({
  line: z.string().optional(),
  caller: z.enum(callerClasses).optional(),
  action: actionSchema.optional(),
  from: instant.optional().meta({ description: "Calls from this instant on (ISO 8601)." }),
  to: instant.optional().meta({ description: "Calls before this instant (ISO 8601)." }),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  cursor: z.string().max(200).optional().meta({ description: "`next` of the page before." }),
});

const callSchema = z
  .object({
    id: z.string(),
    at: z.string().meta({ description: "When it came (ISO 8601)." }),
    line: z.string(),
    from: z.string().meta({ description: "The caller in canonical form, or `anonymous`." }),
    called: z.string().exactOptional(),
    caller: z.enum(callerClasses),
    lineState: z.enum(["idle", "busy"]),
    action: actionSchema,
    target: z.string().exactOptional(),
    rule: ruleNameSchema.exactOptional(),
    status: z.int().meta({ description: "Final SIP status that the caller's side got." }),
    because: z.array(z.string()),
    end: z.string(),
    durationMs: z.number().exactOptional(),
  })
  .meta({
    id: "Call",
    examples: [
      {
        id: "5f0c",
        at: "2026-11-22T20:00:00.000Z",
        line: "101",
        from: "+4989123456",
        caller: "external",
        lineState: "busy",
        action: "redirect",
        target: "102",
        rule: { when: "busy", callers: "external", owner: "user" },
        status: 302,
        because: ["The line is in a call.", "Rule busy/external leads to 102."],
        end: "redirected",
      },
    ],
  });

/** GET the call log, the latest call first. */
export function listCalls(app: App, { callLog }: Application): void {
  app.get(
    "/api/calls",
    {
      schema: {
        summary: "List calls with their decisions",
        tags: ["calls"],
        querystring: querySchema,
        response: {
          200: z
            .object({ calls: z.array(callSchema), next: z.string().exactOptional() })
            .meta({ id: "Calls" }),
          ...problems(400, 401, 503),
        },
      },
    },
    async (request) => {
      const page = await callLog.find(readQuery(request.query));
      return { calls: page.calls.map(describeCall), ...(page.next === undefined ? {} : { next: page.next }) };
    },
  );
}

function readQuery(query: z.output<typeof querySchema>): CallQuery {
  const { line, caller, action, from, to, limit, cursor } = query;
  return {
    limit,
    ...(line === undefined ? {} : { lines: [line] }),
    ...(caller === undefined ? {} : { callerClass: caller }),
    ...(action === undefined ? {} : { action }),
    ...(from === undefined ? {} : { from: Date.parse(from) }),
    ...(to === undefined ? {} : { until: Date.parse(to) }),
    ...(cursor === undefined ? {} : { after: cursor }),
  };
}

/** A call as the API and the event stream tell it. */
export function describeCall(call: CallRecord): z.output<typeof callSchema> {
  return {
    id: call.id,
    at: new Date(call.startedAt).toISOString(),
    line: call.line,
    from: call.caller,
    ...(call.called === undefined ? {} : { called: call.called }),
    caller: call.callerClass,
    lineState: call.lineState,
    action: call.action,
    ...(call.target === undefined ? {} : { target: call.target }),
    ...(call.rule ? { rule: { ...call.rule } } : {}),
    status: call.status,
    because: [...call.reasons],
    end: call.endedAs,
    ...(call.durationMs === undefined ? {} : { durationMs: call.durationMs }),
  };
}
