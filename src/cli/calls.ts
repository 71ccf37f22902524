import { z } from "zod";
import { openApi } from "./reach.ts";
import { type Command, reachOptions, reachUsage, readArguments } from "./command.ts";
import { readTime, readWhole } from "./option-values.ts";
import { formatDecision, formatJson, formatTable } from "./print.ts";

const options = {
  ...reachOptions,
  line: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
  limit: { type: "string" },
  cursor: { type: "string" },
} as const;

const pageSchema = z.object({
  calls: z.array(
    z.object({
      at: z.string(),
      line: z.string(),
      from: z.string(),
      caller: z.string(),
      lineState: z.string(),
      action: z.string(),
      status: z.number(),
      target: z.string().optional(),
      because: z.array(z.string()),
    }),
  ),
  next: z.string().optional(),
});

export const calls: Command = {
  name: "calls",
  summary: "list past calls with what was decided and why, the latest first",
  usage: `Usage: divert calls [options]

  --line LINE     of this line alone
  --from TIME     from then on (ISO 8601)
  --to TIME       before then
  --limit N       how many (default 100, at the most 1000)
  --cursor TEXT   go on where a page of --json ended (its "next")
${reachUsage}`,
  async run(args, terminal) {
    const { values } = readArguments(args, options, []);
    const { line, cursor } = values;
    const from = readTime("--from", values.from, { mayBeLocal: true });
    const to = readTime("--to", values.to, { mayBeLocal: true });
    const limit = readWhole("--limit", values.limit, 1, 1000);
    const api = await openApi(values, terminal);
    try {
      const answer = await api.json({
        method: "GET",
        path: "/api/calls",
        query: { line, from, to, limit: limit?.toString(), cursor },
      });
      const page = pageSchema.parse(answer);
      if (values.json) terminal.print(formatJson(answer));
      else if (page.calls.length > 0) terminal.print(describe(page));
      else
        terminal.warn(
          [line, from, to, cursor].every((each) => each === undefined)
            ? "No call has come yet."
            : "No such call has come.",
        );
    } finally {
      await api.close();
    }
  },
};

function describe({ calls }: z.output<typeof pageSchema>): string {
  const rows = calls.map((call) => [
    call.at,
    `${call.from} (${call.caller})`,
    `${call.line} (${call.lineState})`,
    formatDecision(call.action, call.status, call.target),
    call.because.at(-1) ?? "",
  ]);
  return formatTable(["TIME", "CALLER", "LINE", "DECISION", "REASON"], rows);
}
