import { z } from "zod";
import type { Stage } from "../../../forwarding/call-facts.ts";
import { callerClasses, callers, whens } from "../../../forwarding/rules.ts";
import type { App } from "../../app.ts";
import type { Application, ExplainInput, Explanation } from "../../application.ts";
import { lineOwner, ownerMustExist } from "../forwardings/owner.ts";
import { problems } from "../problems.ts";

export const actionSchema = z.enum(["redirect", "relay", "ring", "reject"]);

export const ruleNameSchema = z.object({
  when: z.enum([...whens, "doNotDisturb", "phone"]),
  callers: z.enum(callers),
  owner: z.enum(["user", "group"]).meta({ description: "Whose rule it is." }),
});

/** Stages in the words of the rules that apply at them. */
const stages = {
  arrived: "arrived",
  busy: "refusedAsBusy",
  unreachable: "unreachable",
  noAnswer: "noAnswer",
  declined: "declined",
  targetFailed: "targetFailed",
} as const satisfies Record<string, Stage>;
const stageNames = Object.keys(stages) as (keyof typeof stages)[];

/** All but the caller is optional: what is absent is as it is at the line now. */
const imaginedCallSchema = z
  .strictObject({
    caller: z.union([z.string(), z.number()]).meta({
      description:
        "Anything that a PBX may write: a number, user@host, a SIP URI, anonymous, nothing at all.",
    }),
    calls: z.int().min(0).max(1_000).exactOptional().meta({ description: "Calls in progress at the line." }),
    phones: z.int().min(0).max(1_000).exactOptional().meta({ description: "Phones registered." }),
    at: z.iso.datetime({ offset: true, local: true }).exactOptional().meta({ description: "ISO 8601." }),
    stage: z.enum(stageNames).exactOptional().meta({
      description:
        "The call arrived; the phones are busy; none can be reached; none answered in time; the user declined it; the target that Divert carried it to cannot be reached.",
    }),
    diversions: z
      .int()
      .min(0)
      .max(1_000)
      .exactOptional()
      .meta({ description: "How often it was diverted before." }),
    dnd: z.boolean().exactOptional().meta({ description: "Do not disturb." }),
  })
  .meta({ id: "ImaginedCall", examples: [{ caller: "+49891234", calls: 0, phones: 1 }] });

const explanationSchema = z
  .object({
    action: actionSchema,
    target: z.string().exactOptional(),
    rule: ruleNameSchema.exactOptional(),
    status: z.int().exactOptional().meta({ description: "SIP status of the answer." }),
    caller: z.enum(callerClasses),
    because: z.array(z.string()),
  })
  .meta({
    id: "Explanation",
    examples: [
      {
        action: "redirect",
        target: "102",
        rule: { when: "always", callers: "internal", owner: "user" },
        caller: "internal",
        because: ["The caller 103 is in the extension range 100-399.", "Rule always/internal leads to 102."],
      },
    ],
  });

/** POST an imagined call: what would become of it, and why. Changes nothing. */
export function explainCall(app: App, { directory, explainer }: Application): void {
  app.post(
    "/api/lines/:line/explain",
    {
      onRequest: ownerMustExist(lineOwner, directory),
      schema: {
        summary: "Explain what would become of a call",
        tags: ["lines"],
        params: z.object({ line: z.string() }),
        body: imaginedCallSchema,
        response: { 200: explanationSchema, ...problems(400, 401, 404) },
      },
    },
    (request) => {
      return describeExplanation(explainer.explain(request.params.line, readImaginedCall(request.body)));
    },
  );
}

function readImaginedCall({ caller, at, stage, ...rest }: z.output<typeof imaginedCallSchema>): ExplainInput {
  return {
    ...rest,
    caller: String(caller),
    ...(at === undefined ? {} : { at: Date.parse(at) }),
    ...(stage === undefined ? {} : { stage: stages[stage] }),
  };
}

function describeExplanation(explanation: Explanation): z.output<typeof explanationSchema> {
  return { ...explanation, because: [...explanation.because] };
}
