/** The command line: finds the command by the first word and turns what it throws into an exit status. */
import { type Fault, Refusal } from "../base/refusal.ts";
import { didYouMean } from "../directory/nearest.ts";
import { apply } from "./apply.ts";
import { backup } from "./backup.ts";
import { calls } from "./calls.ts";
import { check } from "./check.ts";
import { type Command, Failure, type Terminal, WrongUsage } from "./command.ts";
import { dnd } from "./dnd.ts";
import { explain } from "./explain.ts";
import { exportCommand } from "./export.ts";
import { forward } from "./forward.ts";
import { line } from "./line.ts";
import { number } from "./number.ts";
import { formatFault, safeForTerminal } from "./print.ts";
import { profile } from "./profile.ts";
import { serve } from "./serve.ts";
import { version } from "../base/version.ts";

const commands: readonly Command[] = [
  serve,
  apply,
  exportCommand,
  line,
  profile,
  forward,
  dnd,
  explain,
  calls,
  number,
  check,
  backup,
];

const done = 0;
const refused = 1;
const wrongUsage = 2;

const processTerminal: Terminal = {
  environment: process.env,
  print: (text) => void process.stdout.write(`${text}\n`),
  warn: (text) => void process.stderr.write(`${text}\n`),
};

/** Runs one command. Resolves with the exit status; never rejects. */
export async function main(args: readonly string[], terminal: Terminal = processTerminal): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    const topic = commands.find((command) => command.name === rest[0]);
    (name === undefined ? terminal.warn : terminal.print)(topic?.usage ?? overview());
    return name === undefined ? wrongUsage : done;
  }
  if (name === "--version" || name === "version") {
    terminal.print(version);
    return done;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (!command) {
    const names = commands.map((each) => each.name);
    const meant = didYouMean(name, names, "");
    const told = [`divert: there is no command "${safeForTerminal(name)}".`, meant].join(" ").trim();
    terminal.warn(`${overview()}\n\n${told}`);
    return wrongUsage;
  }
  if (rest.includes("--help") || rest.includes("-h")) {
    terminal.print(command.usage);
    return done;
  }
  try {
    await command.run(rest, terminal);
    return done;
  } catch (error) {
    return report(error, command, terminal);
  }
}

function report(error: unknown, command: Command, terminal: Terminal): number {
  if (error instanceof WrongUsage) {
    // Last, where it is still to be seen when the help is longer than the window.
    terminal.warn(`${command.usage}\n\ndivert ${command.name}: ${safeForTerminal(error.message)}`);
    return wrongUsage;
  }
  if (error instanceof Refusal || error instanceof Failure) {
    const faults = error instanceof Refusal ? error.faults : [];
    // The message of a single fault is often the refusal's own: then its mend alone is news.
    const isTold = (fault: Fault): boolean =>
      fault.place === undefined && error.message.includes(fault.message);
    const mends = faults.filter(isTold).flatMap(({ mend }) => mend ?? []);
    terminal.warn(`divert ${command.name}: ${safeForTerminal([error.message, ...mends].join(" "))}`);
    for (const fault of faults) if (!isTold(fault)) terminal.warn(`  ${formatFault(fault)}`);
    return refused;
  }
  // A bug: here the stack is what helps.
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  terminal.warn(`divert ${command.name}: something went wrong in Divert itself.\n${text}`);
  return refused;
}

function overview(): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  const list = commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`).join("\n");
  return `Call forwarding for SIP lines at any PBX.

Usage: divert COMMAND ...

${list}

divert help COMMAND tells more of one. Exit status: 0 done, 1 refused or failed, 2 wrong usage.`;
}
