import { openApi } from "./reach.ts";
import { type Command, reachOptions, reachUsage, readArguments } from "./command.ts";
import { formatJson } from "./print.ts";
import { parse } from "yaml";

export const exportCommand: Command = {
  name: "export",
  summary: "print the whole configuration as a file that can be applied again",
  usage: `Usage: divert export [options]

Prints YAML; where secrets were stands \${env:NAME}. With --json, JSON, which apply takes as well.

${reachUsage}`,
  async run(args, terminal) {
    const { values } = readArguments(args, reachOptions, []);
    const api = await openApi(values, terminal);
    try {
      const yaml = await api.text({ method: "GET", path: "/api/configuration" });
      terminal.print(values.json ? formatJson(parse(yaml)) : yaml.trimEnd());
    } finally {
      await api.close();
    }
  },
};
