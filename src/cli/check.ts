import { z } from "zod";
import type { Api } from "./api.ts";
import {
  type Command,
  Failure,
  type Terminal,
  WrongUsage,
  reachOptions,
  reachUsage,
  readArguments,
} from "./command.ts";
import { formatJson, safeForTerminal } from "./print.ts";
import { openApi } from "./reach.ts";

const findingSchema = z.looseObject({
  id: z.string(),
  verdict: z.enum(["yes", "no", "unknown"]),
  seconds: z.number().optional(),
  at: z.string(),
  question: z.string(),
  seen: z.array(z.string()),
  advice: z.string().optional(),
});
type Finding = z.output<typeof findingSchema>;

const checkSchema = z.looseObject({
  state: z.enum(["running", "done", "stopped"]),
  step: z.string().optional(),
  lines: z.array(z.string()),
  findings: z.array(findingSchema),
});

const reportSchema = z.looseObject({ check: checkSchema.optional(), known: z.array(findingSchema) });

const options = {
  ...reachOptions,
  lines: { type: "string" },
  "outside-call": { type: "boolean" },
  dial: { type: "string" },
  ring: { type: "string" },
  known: { type: "boolean" },
} as const;

const outsideWaitSeconds = 120;
/** How often a check is asked how far it is. */
const askMs = 500;

export const check: Command = {
  name: "check",
  summary: "find out by test calls what a PBX really does with forwardings",
  usage: `Usage: divert check PBX [options]

Places test calls between two or three lines of the PBX and tells what happens: whether a 302 is followed, a second call
offered, and what else forwardings depend on. Calls of others go their usual way. Takes about three minutes, most of
them to see how long a line may ring.

  --lines A,B[,C]  who calls, who is called, who is forwarded to (default: lines that are idle)
  --outside-call   asks you to call the second line from outside, to see how such a caller looks
  --dial NUMBER    instead: a number that leads out over the trunk and back to the second line
  --ring SECONDS   let a line ring for so long at the most (default 120; 0: do not try)
  --known          call nobody, and show what was found out before

${reachUsage}`,
  async run(args, terminal) {
    const { values, words } = readArguments(args, options, ["PBX"]);
    const path = `/api/pbxs/${encodeURIComponent(words[0])}/check`;
    const api = await openApi(values, terminal);
    try {
      if (values.known !== true) {
        const started = checkSchema.parse(await api.json({ method: "POST", path, body: readWish(values) }));
        await follow(api, path, started, values, terminal);
        return;
      }
      const report = reportSchema.parse(await api.json({ method: "GET", path }));
      if (values.json === true) terminal.print(formatJson(report.known));
      else if (report.known.length === 0) terminal.warn(`${words[0]} was never checked.`);
      else for (const finding of report.known) terminal.print(describe(finding));
    } finally {
      await api.close();
    }
  },
};

type Values = Partial<Record<keyof typeof options, string | boolean | undefined>>;

function readWish({ lines, dial, ring, "outside-call": isAwaited }: Values) {
  if (isAwaited === true && dial !== undefined)
    throw new WrongUsage("say --outside-call or --dial, not both.");
  const ringSeconds = ring === undefined ? undefined : Number(ring);
  if (ringSeconds !== undefined && !Number.isSafeInteger(ringSeconds))
    throw new WrongUsage(`--ring is a number of seconds, not "${String(ring)}".`);
  return {
    ...(typeof lines === "string" && { lines: lines.split(",") }),
    ...(isAwaited === true && { outsideCall: { waitSeconds: outsideWaitSeconds } }),
    ...(typeof dial === "string" && { outsideCall: { dial } }),
    ...(ringSeconds !== undefined && { ringSeconds }),
  };
}

/** Tells each finding as it comes. */
async function follow(
  api: Api,
  path: string,
  started: z.output<typeof checkSchema>,
  { json }: Values,
  terminal: Terminal,
): Promise<void> {
  let run = started;
  let told = 0;
  let step: string | undefined;
  for (;;) {
    for (; told < run.findings.length; told++) {
      const finding = run.findings[told];
      if (finding !== undefined && json !== true) terminal.print(describe(finding));
    }
    if (run.state !== "running") break;
    if (run.step === "outsideCall" && step !== run.step) {
      const [, called = ""] = run.lines;
      terminal.warn(
        `Now call line ${safeForTerminal(called)} from outside, within two minutes if you were asked to.`,
      );
    }
    step = run.step;
    await new Promise((resolve) => setTimeout(resolve, askMs));
    const report = reportSchema.parse(await api.json({ method: "GET", path }));
    if (report.check === undefined)
      throw new Failure("The server has forgotten the check: was it restarted?");
    run = report.check;
  }
  if (json === true) terminal.print(formatJson(run.findings));
  if (run.state === "stopped") throw new Failure("The check was stopped.");
}

const signs = { yes: "yes", no: "no", unknown: "not known" } as const;

function describe({ question, verdict, seconds, seen, advice }: Finding): string {
  const answer = seconds === undefined ? signs[verdict] : `${signs[verdict]}, ${seconds} seconds`;
  const lines = [`${question} ${answer}`, ...seen.map((fact) => `  ${fact}`)];
  if (advice !== undefined) lines.push(`  -> ${advice}`);
  return lines.map(safeForTerminal).join("\n");
}
