import { z } from "zod";
import {
  type Command,
  Failure,
  type Terminal,
  WrongUsage,
  reachOptions,
  reachUsage,
  readArguments,
} from "./command.ts";
import { formatJson, formatTable } from "./print.ts";
import { openApi } from "./reach.ts";
import { didYouMean } from "../directory/nearest.ts";

const profileSchema = z.object({
  id: z.string(),
  name: z.string(),
  basedOn: z.string().optional(),
  keys: z.array(
    z.object({
      key: z.string(),
      value: z.unknown(),
      evidence: z.string(),
      source: z.string().optional(),
    }),
  ),
  remarks: z.array(z.string()),
});
const profilesSchema = z.object({ profiles: z.array(profileSchema) });

type Profile = z.output<typeof profileSchema>;

const usage = `Usage: divert profile list [options]
       divert profile show ID [options]

Lists what kinds of PBX Divert knows, the installation's own profiles included, or shows one: each key with its value
and how it is known (tested, documented, assumed, found by a check, configured).

${reachUsage}`;

export const profile: Command = {
  name: "profile",
  summary: "list the kinds of PBX, or show what is known of one, and how",
  usage,
  async run(args, terminal) {
    const [verb = "", ...rest] = args;
    if (verb !== "list" && verb !== "show")
      throw new WrongUsage(`Say list or show${verb && `, not "${verb}"`}.`);
    const { values, words } = readArguments(rest, reachOptions, verb === "list" ? [] : ["ID"]);
    const api = await openApi(values, terminal);
    try {
      const { profiles } = profilesSchema.parse(await api.json({ method: "GET", path: "/api/profiles" }));
      if (verb === "list") list(profiles, values.json === true, terminal);
      else show(find(profiles, words[0] ?? ""), values.json === true, terminal);
    } finally {
      await api.close();
    }
  },
};

function find(profiles: readonly Profile[], id: string): Profile {
  const found = profiles.find((each) => each.id === id);
  if (found !== undefined) return found;
  const ids = profiles.map((each) => each.id);
  throw new Failure(`There is no profile ${id}. ${didYouMean(id, ids, `There are ${ids.join(", ")}.`)}`);
}

function list(profiles: readonly Profile[], isJson: boolean, terminal: Terminal): void {
  if (isJson) {
    terminal.print(formatJson(profiles));
    return;
  }
  const rows = profiles.map(({ id, name, basedOn, keys }) => {
    const redirect = keys.find(({ key }) => key === "followsRedirect");
    return [id, name, basedOn ?? "", write(redirect?.value), redirect?.evidence ?? ""];
  });
  terminal.print(formatTable(["PROFILE", "FOR", "BASED ON", "FOLLOWS A 302", "HOW SURE"], rows));
}

function show({ id, name, keys, remarks, ...others }: Profile, isJson: boolean, terminal: Terminal): void {
  if (isJson) {
    terminal.print(formatJson({ id, name, ...others, keys, remarks }));
    return;
  }
  const rows = keys.map(({ key, value, evidence, source = "" }) => [key, write(value), evidence, source]);
  const table = formatTable(["KEY", "VALUE", "HOW SURE", "SOURCE"], rows);
  terminal.print([name, table, ...remarks.map((remark) => `- ${remark}`)].join("\n\n"));
}

/** As it would stand in a configuration file. */
function write(value: unknown): string {
  if (value === true) return "yes";
  if (value === false) return "no";
  return typeof value === "string" && value !== "" ? value : JSON.stringify(value);
}
