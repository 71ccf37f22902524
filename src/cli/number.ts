import { z } from "zod";
import { type Command, WrongUsage, reachOptions, reachUsage, readArguments } from "./command.ts";
import { formatJson, safeForTerminal } from "./print.ts";
import { openApi } from "./reach.ts";

const callerSchema = z.object({
  caller: z.string(),
  kind: z.string(),
  canonical: z.string(),
  because: z.array(z.string()),
});
const targetSchema = z.object({ kind: z.string(), canonical: z.string(), contact: z.string().optional() });

const options = { ...reachOptions, group: { type: "string" } } as const;

export const number: Command = {
  name: "number",
  summary: "try how a caller's number is read, or what stands in a 302",
  usage: `Usage: divert number caller PBX NUMBER [options]
       divert number target PBX TARGET [options]

caller: NUMBER as the PBX writes it (a number, user@host, a SIP URI, anonymous): who that is, and whether from inside.
target: TARGET as somebody types it: what the PBX would be sent, or why it is refused. Nobody is called.

  --group GROUP   by the rights of that group's lines
${reachUsage}`,
  async run(args, terminal) {
    const [verb = "", ...rest] = args;
    if (verb !== "caller" && verb !== "target")
      throw new WrongUsage(`Say caller or target${verb && `, not "${verb}"`}.`);
    const { values, words } = readArguments(rest, options, ["PBX", verb === "caller" ? "NUMBER" : "TARGET"]);
    const [pbx, text] = words;
    const body = verb === "caller" ? { caller: text } : { target: text, group: values.group };
    const api = await openApi(values, terminal);
    try {
      const path = `/api/pbxs/${encodeURIComponent(pbx)}/try-${verb}`;
      const answer = await api.json({ method: "POST", path, body });
      const told = verb === "caller" ? describeCaller(answer) : describeTarget(answer);
      terminal.print(values.json === true ? formatJson(answer) : told);
    } finally {
      await api.close();
    }
  },
};

function describeCaller(answer: unknown): string {
  const { caller, kind, canonical, because } = callerSchema.parse(answer);
  const first = canonical === "" ? `${caller}: nobody known` : `${caller}: ${canonical} (${kind})`;
  return [first, ...because.map((reason) => `  ${reason}`)].map(safeForTerminal).join("\n");
}

function describeTarget(answer: unknown): string {
  const { kind, canonical, contact } = targetSchema.parse(answer);
  const sent = contact === undefined ? "Divert calls it itself" : `302 with Contact: <${contact}>`;
  return safeForTerminal(`${canonical} (${kind}): ${sent}`);
}
