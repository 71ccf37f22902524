/** What every command is made of: its name, its words for the user, its arguments, its exit status. */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";

/** Where a command reads its surroundings and writes what it has to say. */
export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What was asked for. */
  readonly print: (text: string) => void;
  /** What went wrong, and what is only for the eyes. */
  readonly warn: (text: string) => void;
}

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** All of its help. */
  readonly usage: string;
  /** Resolves when done. Throws a `WrongUsage` (status 2), a `Refusal` or a `Failure` (status 1). */
  run(args: readonly string[], terminal: Terminal): Promise<void>;
}

/** The words of the command do not make sense: exit status 2, with the command's usage. */
export class WrongUsage extends Error {}

/** It was refused or did not work; the message says why, for a user: exit status 1. */
export class Failure extends Error {}

/** The options of all commands that talk to a server or a data folder. */
export const reachOptions = {
  data: { type: "string" },
  server: { type: "string" },
  token: { type: "string" },
  json: { type: "boolean" },
} as const satisfies ParseArgsOptionsConfig;

export const reachUsage = `  --data DIR      data folder (default ./data, or DIVERT_DATA)
  --server URL    a server elsewhere, instead of that of the data folder
  --token SECRET  sign-in for --server (or DIVERT_TOKEN, which does not show in the list of processes)
  --json          print the data as JSON`;

/**
 * Reads a command's arguments; unknown options and missing or surplus words are wrong usage. `words` names the
 * positional arguments; all of them are needed, unless `needed` says
 * that fewer are: one that is not there is empty.
 */
export function readArguments<Options extends ParseArgsOptionsConfig, const Words extends readonly string[]>(
  args: readonly string[],
  options: Options,
  words: Words,
  needed: number = words.length,
) {
  const { values, positionals } = parse(args, options);
  const missing = words[positionals.length];
  if (missing !== undefined && positionals.length < needed) throw new WrongUsage(`${missing} is missing.`);
  const surplus = positionals[words.length];
  if (surplus !== undefined) throw new WrongUsage(`"${surplus}" is one word too many.`);
  // One text for each of `words`, in their order: what the type says and TypeScript cannot follow.
  const read = words.map((_, index) => positionals[index] ?? "") as { [Index in keyof Words]: string };
  return { values, words: read };
}

function parse<Options extends ParseArgsOptionsConfig>(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new WrongUsage(error instanceof Error ? firstSentence(error.message) : String(error));
  }
}

/** Node adds advice about `--` that helps nobody here. */
function firstSentence(message: string): string {
  return `${message.split(/\. |\n/, 1)[0]?.replace(/\.$/, "") ?? message}.`;
}
