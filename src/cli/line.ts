import { z } from "zod";
import type { Api } from "./api.ts";
import { openApi } from "./reach.ts";
import {
  type Command,
  type Terminal,
  WrongUsage,
  reachOptions,
  reachUsage,
  readArguments,
} from "./command.ts";
import { formatJson, formatTable } from "./print.ts";

const lineSchema = z.object({
  id: z.string(),
  extension: z.string(),
  group: z.string(),
  pbx: z.string(),
  registration: z.object({ state: z.string(), reason: z.string().optional() }),
  calls: z.number(),
  phones: z.number(),
});

const pageSchema = z.object({ lines: z.array(z.looseObject(lineSchema.shape)), next: z.string().optional() });

const usage = `Usage: divert line list [TEXT] [options]
       divert line show LINE [options]

Lists the lines, those with TEXT in their id, extension or name, or shows one with all that is known of it.

${reachUsage}`;

export const line: Command = {
  name: "line",
  summary: "list the lines, or show one: configuration, registration, calls",
  usage,
  async run(args, terminal) {
    const [verb = "", ...rest] = args;
    if (verb !== "list" && verb !== "show")
      throw new WrongUsage(`Say list or show${verb && `, not "${verb}"`}.`);
    const isList = verb === "list";
    const { values, words } = readArguments(rest, reachOptions, [isList ? "TEXT" : "LINE"], isList ? 0 : 1);
    const api = await openApi(values, terminal);
    try {
      if (isList) await list(api, words[0] === "" ? undefined : words[0], values.json === true, terminal);
      else await show(api, words[0], terminal);
    } finally {
      await api.close();
    }
  },
};

async function list(api: Api, q: string | undefined, isJson: boolean, terminal: Terminal): Promise<void> {
  const lines: z.output<typeof lineSchema>[] = [];
  let cursor: string | undefined;
  do {
    const page = pageSchema.parse(
      await api.json({ method: "GET", path: "/api/lines", query: { q, cursor } }),
    );
    lines.push(...page.lines);
    cursor = page.next;
  } while (cursor !== undefined);
  if (isJson) {
    terminal.print(formatJson(lines));
    return;
  }
  if (lines.length === 0) {
    terminal.warn(q === undefined ? "There is no line." : `No line has "${q}" in its id, extension or name.`);
    return;
  }
  const rows = lines.map(({ id, extension, group, pbx, registration, calls, phones }) => [
    id,
    extension,
    group,
    pbx,
    registration.reason === undefined ? registration.state : `${registration.state}: ${registration.reason}`,
    String(calls),
    String(phones),
  ]);
  terminal.print(formatTable(["LINE", "EXTENSION", "GROUP", "PBX", "REGISTRATION", "CALLS", "PHONES"], rows));
}

/** One line has more to tell than fits a row: its fields are printed as they are. */
async function show(api: Api, id: string, terminal: Terminal): Promise<void> {
  terminal.print(formatJson(await api.json({ method: "GET", path: `/api/lines/${encodeURIComponent(id)}` })));
}
