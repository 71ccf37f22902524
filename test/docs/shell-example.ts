/** Examples for a shell, run as far as they need no network: `divert` in this process, `cp` and the like for real. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readArguments } from "../../src/cli/command.ts";
import { main } from "../../src/cli/main.ts";
import { readServeOptions, serveOptions } from "../../src/cli/serve-options.ts";
import { parseListeningPoint } from "../../src/sip/user-agent.ts";

/** One command as a shell would take it apart. */
export interface ShellCommand {
  readonly environment: Readonly<Record<string, string>>;
  readonly words: readonly string[];
  /** File that the output goes to. */
  readonly output?: string;
  /** As it is written. */
  readonly text: string;
}

/** Set up elsewhere, needing the network or a machine of their own: not run. */
const leftAlone = new Set(["curl", "git", "node", "npm", "sudo", "systemctl"]);
/** Run for real, in the folder of the example. */
const runForReal = new Set(["chmod", "cp", "mkdir", "mv", "rm"]);

/** The commands of an example. Throws for what it does not understand: examples are plain. */
export function readCommands(script: string): ShellCommand[] {
  return script
    .replaceAll("\\\n", " ")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map(readCommand);
}

const wordForm = /\s*(?:(#.*)|(>)|((?:'[^']*'|"[^"$`\\]*"|[^\s'"#>|&;$`<\\]|(?<=\S)#)+))/y;

function readCommand(text: string): ShellCommand {
  const words: string[] = [];
  const environment: Record<string, string> = {};
  let output: string | undefined;
  let isOutput = false;
  for (let at = 0; at < text.trimEnd().length; at = wordForm.lastIndex) {
    wordForm.lastIndex = at;
    const match = wordForm.exec(text);
    if (match === null) throw new Error(`this is more of a shell than examples need: ${text}`);
    const [, comment, redirection, quoted] = match;
    if (comment !== undefined) break;
    if (redirection !== undefined) isOutput = true;
    if (quoted === undefined) continue;
    const word = quoted.replaceAll(
      /'([^']*)'|"([^"]*)"/g,
      (_, single?: string, double?: string) => single ?? double ?? "",
    );
    const assignment = words.length === 0 ? /^([A-Z_][A-Z0-9_]*)=(.*)$/.exec(word) : null;
    if (isOutput) output = word;
    else if (assignment !== null) environment[assignment[1] ?? ""] = assignment[2] ?? "";
    else words.push(word);
  }
  return { environment, words, text, ...(output !== undefined && { output }) };
}

/** A user's session in one folder. */
export class ShellSession {
  readonly #folder: string;
  readonly #environment: Record<string, string>;

  /** Files that examples name are looked for in `folder`, which is the working directory too. */
  constructor(folder: string, environment: Readonly<Record<string, string>>) {
    this.#folder = folder;
    this.#environment = { ...environment };
  }

  /** What it printed; undefined: it was not run. Rejects when it fails. */
  async run({ environment, words, output, text }: ShellCommand): Promise<string | undefined> {
    const [program = "", ...args] = words;
    if (program === "export" || program === "") {
      for (const [name = "", value = ""] of args.map((word) => word.split("=")))
        this.#environment[name] = value;
      return "";
    }
    if (leftAlone.has(program)) return undefined;
    if (runForReal.has(program)) {
      const { status, stderr } = spawnSync(program, args, { cwd: this.#folder, encoding: "utf8" });
      if (status !== 0) throw new Error(`${text}: ${stderr}`);
      return "";
    }
    const [command = "", ...rest] = program === "npx" ? args : [];
    if (command !== "divert") throw new Error(`what is to become of this command? ${text}`);
    const printed = await this.#divert(rest, { ...this.#environment, ...environment }, text);
    if (output === undefined) return printed;
    writeFileSync(join(this.#folder, output), printed);
    return "";
  }

  async #divert(args: readonly string[], environment: Record<string, string>, text: string): Promise<string> {
    const printed: string[] = [];
    const print = (what: string): void => void printed.push(`${what}\n`);
    const status = await main(args[0] === "serve" ? beforeServing(args.slice(1), environment) : args, {
      environment,
      print,
      warn: print,
    });
    if (status !== 0) throw new Error(`${text}: exit status ${status}\n${printed.join("")}`);
    return printed.join("");
  }
}

/** The server itself would listen and register: its options are read, and what it is to apply is applied. */
function beforeServing(args: readonly string[], environment: Record<string, string>): string[] {
  const { values } = readArguments(args, serveOptions, []);
  const { sip, applyFile, dataFolder } = readServeOptions(values, environment);
  for (const uri of sip) {
    const point = parseListeningPoint(uri);
    if (!point.ok) throw new Error(point.failure);
  }
  return applyFile === undefined ? ["version"] : ["apply", applyFile, "--data", dataFolder];
}
