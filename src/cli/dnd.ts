import { z } from "zod";
import { type Command, WrongUsage, reachOptions, reachUsage, readArguments } from "./command.ts";
import { formatJson, safeForTerminal } from "./print.ts";
import { openApi } from "./reach.ts";

const settingSchema = z.object({ enabled: z.boolean(), target: z.string().optional() });

export const dnd: Command = {
  name: "dnd",
  summary: "switch do not disturb of a line on or off, or show it",
  usage: `Usage: divert dnd LINE [options]
       divert dnd LINE on [TARGET] [options]
       divert dnd LINE off [options]

While it is on, callers that no rule for always forwards go to TARGET, or hear the group's answer for it.

${reachUsage}`,
  async run(args, terminal) {
    const { values, words } = readArguments(args, reachOptions, ["LINE", "on or off", "TARGET"], 1);
    const [line, state, target] = words;
    if (state !== "" && state !== "on" && state !== "off") {
      throw new WrongUsage(`say on or off, not "${state}".`);
    }
    if (state === "off" && target !== "") throw new WrongUsage(`"${target}" is one word too many.`);
    const path = `/api/lines/${encodeURIComponent(line)}/dnd`;
    const api = await openApi(values, terminal);
    try {
      if (state === "on") {
        await api.json({ method: "PUT", path, body: target === "" ? {} : { target } });
      } else if (state === "off") {
        await api.json({ method: "DELETE", path });
      }
      if (state !== "" && values.json !== true) return;
      const answer = await api.json({ method: "GET", path });
      terminal.print(values.json ? formatJson(answer) : describe(settingSchema.parse(answer)));
    } finally {
      await api.close();
    }
  },
};

function describe({ enabled, target }: z.output<typeof settingSchema>): string {
  const state = enabled ? "on" : "off";
  return target === undefined ? state : `${state}, callers go to ${safeForTerminal(target)}`;
}
