import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { text as readAll } from "node:stream/consumers";
import { z } from "zod";
import { fileFault } from "../base/file-fault.ts";
import { openApi } from "./reach.ts";
import { type Command, Failure, reachOptions, reachUsage, readArguments, type Terminal } from "./command.ts";
import { fillEnvironment } from "./fill-environment.ts";
import { formatJson, safeForTerminal } from "./print.ts";

const reportSchema = z.object({
  created: z.array(z.string()),
  changed: z.array(z.string()),
  removed: z.array(z.string()),
  unchanged: z.number(),
  kept: z.array(z.string()),
  warnings: z.array(z.object({ message: z.string() })),
});

export const apply: Command = {
  name: "apply",
  summary: "bring a configuration file in, all of it or nothing",
  usage: `Usage: divert apply FILE [--prune] [options]

Creates and changes what FILE (YAML or JSON; - is standard input) names. Applying it again changes nothing.
\${env:NAME} in the file is filled in from this command's own environment.

  --prune         remove what the file does not name, a group's rules included; what a user set for a line stays, and
                  is told as kept
${reachUsage}`,
  async run(args, terminal) {
    const options = { ...reachOptions, prune: { type: "boolean" } } as const;
    const { values, words } = readArguments(args, options, ["FILE"]);
    const content = fillEnvironment(await readFileOrInput(words[0]), terminal.environment);
    const api = await openApi(values, terminal, true);
    try {
      const report = await api.json({
        method: "POST",
        path: "/api/configuration",
        query: { file: basename(words[0]).slice(0, 200), ...(values.prune ? { prune: "true" } : {}) },
        text: { type: "application/yaml", content },
      });
      if (values.json) terminal.print(formatJson(report));
      else printReport(reportSchema.parse(report), terminal);
    } finally {
      await api.close();
    }
  },
};

async function readFileOrInput(file: string): Promise<string> {
  try {
    return file === "-" ? await readAll(process.stdin) : await readFile(file, "utf8");
  } catch (error) {
    throw new Failure(`${file} cannot be read: ${fileFault(error)}.`, { cause: error });
  }
}

function printReport(report: z.output<typeof reportSchema>, terminal: Terminal): void {
  const lists = {
    created: report.created,
    changed: report.changed,
    removed: report.removed,
    kept: report.kept,
  };
  for (const [what, names] of Object.entries(lists)) {
    for (const name of names) terminal.print(`${what} ${safeForTerminal(name)}`);
  }
  for (const { message } of report.warnings) terminal.warn(`warning: ${safeForTerminal(message)}`);
  const { created, changed, removed } = lists;
  terminal.print(
    `${created.length} created, ${changed.length} changed, ${removed.length} removed, ${report.unchanged} unchanged`,
  );
}
