import { z } from "zod";
import { openApi } from "./reach.ts";
import { type Command, reachOptions, reachUsage, readArguments } from "./command.ts";
import { readOneOf, readTime, readWhole } from "./option-values.ts";
import { formatDecision, formatJson, safeForTerminal } from "./print.ts";

const options = {
  ...reachOptions,
  calls: { type: "string" },
  phones: { type: "string" },
  at: { type: "string" },
  stage: { type: "string" },
  diversions: { type: "string" },
  dnd: { type: "boolean" },
} as const;

const stages = ["arrived", "busy", "unreachable", "noAnswer", "declined", "targetFailed"];
const mostCounted = 1000;

const explanationSchema = z.object({
  action: z.string(),
  target: z.string().optional(),
  status: z.number().optional(),
  rule: z.object({ when: z.string(), callers: z.string(), owner: z.string() }).optional(),
  caller: z.string(),
  because: z.array(z.string()),
});

export const explain: Command = {
  name: "explain",
  summary: "say what would become of a call, and why",
  usage: `Usage: divert explain LINE CALLER [options]

CALLER is anything that a PBX may write: a number, user@host, a SIP URI, anonymous. Nothing is called.

  --calls N       calls in progress at the line (default: as it is now)
  --phones N      phones registered (default: as it is now)
  --at TIME       when (ISO 8601; default: now)
  --stage STAGE   arrived (default); busy, unreachable, noAnswer, declined: what the phones did;
                  targetFailed: the target that Divert carried the call to cannot be reached
  --diversions N  how often the call was diverted before
  --dnd           do not disturb is on
${reachUsage}`,
  async run(args, terminal) {
    const { values, words } = readArguments(args, options, ["LINE", "CALLER"]);
    const body = {
      caller: words[1],
      calls: readWhole("--calls", values.calls, 0, mostCounted),
      phones: readWhole("--phones", values.phones, 0, mostCounted),
      diversions: readWhole("--diversions", values.diversions, 0, mostCounted),
      at: readTime("--at", values.at, { mayBeLocal: true }),
      stage: readOneOf("--stage", values.stage, stages),
      dnd: values.dnd,
    };
    const api = await openApi(values, terminal);
    try {
      const path = `/api/lines/${encodeURIComponent(words[0])}/explain`;
      const answer = await api.json({ method: "POST", path, body });
      terminal.print(values.json ? formatJson(answer) : describe(explanationSchema.parse(answer)));
    } finally {
      await api.close();
    }
  },
};

function describe({
  action,
  target,
  status,
  rule,
  caller,
  because,
}: z.output<typeof explanationSchema>): string {
  const by = rule ? `rule ${rule.when}/${rule.callers} (${rule.owner})` : "no rule";
  const first = `${formatDecision(action, status, target)}: ${caller} caller, ${by}`;
  return [first, ...because.map((reason) => `  ${reason}`)].map(safeForTerminal).join("\n");
}
