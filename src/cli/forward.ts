import { z } from "zod";
import { noAnswerSeconds } from "../directory/check-forwarding.ts";
import { callers, weekdays, whens } from "../forwarding/rules.ts";
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
import { readTime, readWhole } from "./option-values.ts";
import { formatJson, formatTable, safeForTerminal } from "./print.ts";
import { formatHours, readHours } from "./weekly-hours.ts";

const options = {
  ...reachOptions,
  group: { type: "boolean" },
  disabled: { type: "boolean" },
  mandatory: { type: "boolean" },
  "group-calls": { type: "boolean" },
  seconds: { type: "string" },
  from: { type: "string" },
  until: { type: "string" },
  hours: { type: "string", multiple: true },
  "time-zone": { type: "string" },
} as const;

type Values = ReturnType<typeof readArguments<typeof options, readonly string[]>>["values"];

const ruleSchema = z.object({
  when: z.string(),
  callers: z.string(),
  target: z.string(),
  enabled: z.boolean(),
  seconds: z.number().optional(),
  from: z.string().optional(),
  until: z.string().optional(),
  hours: z.array(z.object({ days: z.array(z.enum(weekdays)), from: z.string(), to: z.string() })).optional(),
  timeZone: z.string().optional(),
  groupCalls: z.boolean().optional(),
  mandatory: z.boolean().optional(),
  problem: z.string().optional(),
});
const listSchema = z.object({ forwardings: z.array(ruleSchema) });
const setSchema = ruleSchema.extend({ warnings: z.array(z.object({ message: z.string() })) });
type Rule = z.output<typeof ruleSchema>;

export const forward: Command = {
  name: "forward",
  summary: "list, set or remove the forwardings of a line or a group",
  usage: `Usage: divert forward list LINE [options]
       divert forward set LINE WHEN CALLERS TARGET [options]
       divert forward remove LINE WHEN CALLERS [options]

WHEN is ${whens.join(", ")}; CALLERS is ${callers.join(", ")}. A rule takes the place of the one with the same two:
of that one nothing stays, and what it had is told.

  --group         LINE is the name of a line group: the administrator's rules
  --disabled      set it, but switched off
  --seconds N     noAnswer: how long the phones ring first (1 to 600)
  --from TIME     holds from then on (ISO 8601 with offset)
  --until TIME    holds until then
  --hours TEXT    holds in these hours of the week alone, repeatable: "mon-fri 08:00-17:00", "sat,sun 22:00-06:00"
  --time-zone TZ  for --hours: an IANA name such as Europe/Berlin (default: the server's)
  --group-calls   forwards calls from groups and queues too
  --mandatory     of a group's rule: comes before the users' own
${reachUsage}`,
  async run(args, terminal) {
    const [verb = "", ...rest] = args;
    const action = actions[verb];
    if (!action) throw new WrongUsage(`Say list, set or remove${verb && `, not "${verb}"`}.`);
    const { values, words } = readArguments(rest, options, action.words);
    const rule = {
      owner: words[0] ?? "",
      when: words[1] ?? "",
      callers: words[2] ?? "",
      target: words[3] ?? "",
    };
    if (action.words.length > 1) checkKey(rule.when, rule.callers);
    const settings = readSettings(values);
    const api = await openApi(values, terminal);
    try {
      await action.run({ api, values, rule, settings, terminal });
    } finally {
      await api.close();
    }
  },
};

interface Context {
  readonly api: Api;
  readonly values: Values;
  readonly rule: {
    readonly owner: string;
    readonly when: string;
    readonly callers: string;
    readonly target: string;
  };
  readonly settings: Settings;
  readonly terminal: Terminal;
}

interface Action {
  readonly words: readonly string[];
  run(context: Context): Promise<void>;
}

const actions: Readonly<Record<string, Action>> = {
  list: { words: ["LINE"], run: list },
  set: { words: ["LINE", "WHEN", "CALLERS", "TARGET"], run: set },
  remove: { words: ["LINE", "WHEN", "CALLERS"], run: remove },
};

async function list({ api, values, rule, terminal }: Context): Promise<void> {
  const answer = await api.json({ method: "GET", path: pathOf(values, rule.owner) });
  const { forwardings } = listSchema.parse(answer);
  if (values.json) {
    terminal.print(formatJson((answer as { forwardings: unknown }).forwardings));
    return;
  }
  const rows = forwardings.map((each) => [each.when, each.callers, each.target, remarksOn(each)]);
  if (rows.length > 0) terminal.print(formatTable(["WHEN", "CALLERS", "TARGET", ""], rows));
  else terminal.warn("There is no forwarding here.");
}

async function set({ api, values, rule, settings, terminal }: Context): Promise<void> {
  const path = pathOf(values, rule.owner);
  const { forwardings } = listSchema.parse(await api.json({ method: "GET", path }));
  const before = forwardings.find(({ when, callers }) => when === rule.when && callers === rule.callers);
  const body = { target: rule.target, ...settings };
  const answer = await api.json({ method: "PUT", path: `${path}/${rule.when}/${rule.callers}`, body });
  const now = setSchema.parse(answer);
  for (const { message } of now.warnings) terminal.warn(`warning: ${safeForTerminal(message)}`);
  terminal.print(values.json ? formatJson(answer) : `${nameOf(values, rule)} ${leadOf(now)}`);
  if (before !== undefined && remarksOn(before) !== "" && remarksOn(before) !== remarksOn(now))
    terminal.warn(`before: ${leadOf(before)}`);
}

async function remove({ api, values, rule, terminal }: Context): Promise<void> {
  await api.json({ method: "DELETE", path: `${pathOf(values, rule.owner)}/${rule.when}/${rule.callers}` });
  if (!values.json) terminal.print(`${nameOf(values, rule)}: removed`);
}

function nameOf(values: Values, { owner, when, callers }: Context["rule"]): string {
  return `${values.group ? "group" : "line"} ${owner}: ${when}, ${callers} callers`;
}

function pathOf(values: Values, owner: string): string {
  return `/api/${values.group ? "groups" : "lines"}/${encodeURIComponent(owner)}/forwardings`;
}

function checkKey(when: string, who: string): void {
  if (!(whens as readonly string[]).includes(when)) {
    throw new WrongUsage(`WHEN is ${whens.join(", ")}, not "${when}".`);
  }
  if (!(callers as readonly string[]).includes(who)) {
    throw new WrongUsage(`CALLERS is ${callers.join(", ")}, not "${who}".`);
  }
}

/** What may be said of a rule beside its target. */
function readSettings(values: Values) {
  const hours = values.hours?.map(readHours);
  if (values["time-zone"] !== undefined && hours === undefined)
    throw new WrongUsage("--time-zone is for --hours.");
  const { least, most } = noAnswerSeconds;
  return {
    enabled: values.disabled !== true,
    seconds: readWhole("--seconds", values.seconds, least, most),
    from: readTime("--from", values.from, { mayBeLocal: false }),
    until: readTime("--until", values.until, { mayBeLocal: false }),
    hours,
    timeZone: values["time-zone"],
    mandatory: values.mandatory,
    groupCalls: values["group-calls"],
  };
}

type Settings = ReturnType<typeof readSettings>;

/** `-> 102 (until 2030-01-07T08:00:00+01:00)` */
function leadOf(rule: Rule): string {
  const remarks = remarksOn(rule);
  return safeForTerminal(`-> ${rule.target}${remarks === "" ? "" : ` (${remarks})`}`);
}

function remarksOn(rule: Rule): string {
  return [
    rule.enabled ? "" : "off",
    rule.problem === undefined ? "" : `not used: ${rule.problem}`,
    rule.mandatory ? "mandatory" : "",
    rule.groupCalls ? "group calls too" : "",
    rule.seconds === undefined ? "" : `after ${rule.seconds} s`,
    rule.from === undefined ? "" : `from ${rule.from}`,
    rule.until === undefined ? "" : `until ${rule.until}`,
    ...(rule.hours ?? []).map(formatHours),
    rule.timeZone ?? "",
  ]
    .filter((remark) => remark !== "")
    .join(", ");
}
