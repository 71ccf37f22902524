import { z } from "zod";
import { Refusal } from "../../../base/refusal.ts";
import { stepNames } from "../../../check/check-run.ts";
import type { CheckRun } from "../../../check/check-run.ts";
import { describeFinding } from "../../../check/wording.ts";
import { type Finding, findingIds } from "../../../pbx/finding.ts";
import type { Application, PbxChecks } from "../../application.ts";

export const pbxParams = z.object({ pbx: z.string() });

export const findingSchema = z
  .object({
    id: z.enum(findingIds).meta({ description: "What was asked; stable." }),
    verdict: z.enum(["yes", "no", "unknown"]),
    seconds: z.number().exactOptional().meta({ description: "Where the question is how long." }),
    at: z.iso.datetime(),
    contradictedAt: z.iso
      .datetime()
      .exactOptional()
      .meta({ description: "A live call went otherwise then: it counts as not known." }),
    question: z.string(),
    seen: z.array(z.string()).meta({ description: "What was seen, in words and in its order." }),
    facts: z.array(z.looseObject({ code: z.string() })).meta({ description: "The same for programs." }),
    advice: z.string().exactOptional().meta({ description: "What follows from it, or is to be done." }),
  })
  .meta({ id: "Finding" });

export const checkSchema = z
  .object({
    id: z.string(),
    pbx: z.string(),
    state: z.enum(["running", "done", "stopped"]),
    step: z.enum(stepNames).exactOptional().meta({ description: "What is tried now." }),
    lines: z
      .array(z.string())
      .meta({ description: "Who calls, who is called, who is forwarded to, by line id." }),
    startedAt: z.iso.datetime(),
    findings: z
      .array(findingSchema)
      .meta({ description: "Of this check, in the order of their being found." }),
  })
  .meta({ id: "Check" });

export function describeCheck(run: CheckRun): z.input<typeof checkSchema> {
  const { id, pbx, lines, state, startedAt, findings } = run;
  return {
    id,
    pbx,
    state: state.state,
    ...(state.state === "running" && { step: state.step }),
    lines: [...lines],
    startedAt: new Date(startedAt).toISOString(),
    findings: findings.map(describeForApi),
  };
}

export function describeForApi(finding: Finding): z.input<typeof findingSchema> {
  const { question, seen, advice } = describeFinding(finding);
  const { id, verdict, seconds, at, contradictedAt } = finding;
  return {
    id,
    verdict,
    ...(seconds !== undefined && { seconds }),
    at: new Date(at).toISOString(),
    ...(contradictedAt !== undefined && { contradictedAt: new Date(contradictedAt).toISOString() }),
    question,
    seen: [...seen],
    facts: finding.seen.map((fact) => ({ ...fact })),
    ...(advice !== undefined && { advice }),
  };
}

/** The command line without a server calls nobody. */
export function requireChecks({ checks }: Application): PbxChecks {
  if (checks === undefined) throw new Refusal("no-server", "A check takes a server that runs.");
  return checks;
}
