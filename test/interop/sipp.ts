import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program } from "./program.ts";
import {
  calleeScenario,
  callerScenario,
  registrationScenario,
  type Callee,
  type Caller,
  type Registration,
} from "./sipp-scenarios.ts";

export interface SippAddress {
  readonly address: string;
  readonly port: number;
}

/** A message as sipp has logged it. */
export interface SippMessage {
  readonly direction: "sent" | "received";
  /** `INVITE sip:101@pbx.example SIP/2.0`, `SIP/2.0 302 Moved Temporarily`. */
  readonly startLine: string;
  readonly text: string;
}

interface SippPace {
  readonly calls: number;
  /** Side by side at the most; one after the other unless given. */
  readonly atOnce?: number;
  readonly aSecond?: number;
}

/** One sipp process that plays one scenario over UDP. */
export class Sipp {
  readonly #program: Program;
  readonly #folder: string;

  private constructor(program: Program, folder: string) {
    this.#program = program;
    this.#folder = folder;
  }

  /**
   * Resolves when it has started; a scenario that begins with a request has then begun.
   * `pace`: how many calls, before it ends by itself; absent, it plays until `close`.
   */
  static async start(
    scenario: string,
    local: SippAddress,
    remote: SippAddress,
    pace?: SippPace,
  ): Promise<Sipp> {
    const folder = await mkdtemp(join(tmpdir(), "divert-sipp-"));
    await writeFile(join(folder, "scenario.xml"), scenario);
    const program = new Program("sipp", [
      `${remote.address}:${remote.port}`,
      ...["-i", local.address, "-p", String(local.port), "-sf", join(folder, "scenario.xml")],
      ...["-trace_msg", "-message_file", join(folder, "messages.log"), "-nostdin", "-timeout", "60s"],
      ...(pace === undefined ? [] : paceOptions(pace)),
    ]);
    const sipp = new Sipp(program, folder);
    await program.until(() => program.hasEnded || isBound(local));
    return sipp;
  }

  /** Waits until it has played its calls. Rejects, with all that it saw, when one did not go as the scenario says. */
  async finished(): Promise<void> {
    const { code } = await this.#program.ended;
    if (code === 0) return;
    const seen = (await this.messages()).map(({ direction, startLine }) => `${direction} ${startLine}`);
    const story = seen.length > 0 ? seen.join("\n") : this.#program.output;
    throw new Error(`sipp ended with ${code} after:\n${story}`);
  }

  /** What it has sent and received so far, in order. */
  async messages(): Promise<readonly SippMessage[]> {
    const log = await readFile(join(this.#folder, "messages.log"), "utf8").catch(() => "");
    return parseMessageLog(log);
  }

  /** The requests of this method that reached it, retransmissions included. */
  async received(method: string): Promise<readonly SippMessage[]> {
    const messages = await this.messages();
    return messages.filter(
      ({ direction, startLine }) => direction === "received" && startLine.startsWith(`${method} `),
    );
  }

  async close(): Promise<void> {
    await this.#program.stop("SIGKILL");
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** What became of a call, as its caller saw it. */
export interface CallReport {
  /** The statuses of all answers to the INVITE, in order; the first challenge is left out. */
  readonly statuses: readonly number[];
  readonly finalStatus: number;
  /** The user part of the Contact of whoever answered. */
  readonly answeredBy?: string;
}

/** Calls, and resolves when the call is over. */
export async function placeCall(caller: Caller, from: SippAddress, pbx: SippAddress): Promise<CallReport> {
  const sipp = await Sipp.start(callerScenario(caller), from, pbx, { calls: 1 });
  try {
    await sipp.finished();
    const messages = await sipp.messages();
    // A challenge is an answer to the INVITE before.
    const sequence = Math.max(
      ...messages.map(({ text }) => Number(/^CSeq: *(\d+) INVITE/im.exec(text)?.[1] ?? 0)),
    );
    const answers = messages.filter(
      ({ direction, text }) => direction === "received" && text.includes(`CSeq: ${sequence} INVITE`),
    );
    const statuses = answers.map(({ startLine }) => Number(startLine.split(" ")[1]));
    const answeredBy = /^Contact: *<sip:([^@>]*)@/im.exec(answers.at(-1)?.text ?? "")?.[1];
    return { statuses, finalStatus: statuses.at(-1) ?? 0, ...(answeredBy !== undefined && { answeredBy }) };
  } finally {
    await sipp.close();
  }
}

/** Registers and resolves when that is accepted. It uses a port of its own: calls go to the registration's contact. */
export async function register(
  registration: Registration,
  from: SippAddress,
  pbx: SippAddress,
): Promise<void> {
  const sipp = await Sipp.start(registrationScenario(registration), from, pbx, { calls: 1 });
  try {
    await sipp.finished();
  } finally {
    await sipp.close();
  }
}

/** Answers all calls alike until it is closed; resolves when it listens. */
export function startCallee(callee: Callee, at: SippAddress, pbx: SippAddress): Promise<Sipp> {
  return Sipp.start(calleeScenario(callee), at, pbx);
}

/** sipp writes each message behind a ruler with the time, a line that says which way it went, and an empty line. */
function parseMessageLog(log: string): SippMessage[] {
  return log
    .split(/^-{20,} .*$/m)
    .map((entry) => /^\s*\w+ message (sent|received)[^\n]*\n\s*\n([^]*)$/.exec(entry))
    .filter((match) => match !== null)
    .map(([, direction, text = ""]) => ({
      direction: direction as SippMessage["direction"],
      startLine: text.slice(0, text.search(/\r?\n|$/)),
      text,
    }));
}

/** sipp says nothing when it has opened its socket; the kernel does. */
async function isBound({ address, port }: SippAddress): Promise<boolean> {
  const hexAddress = address
    .split(".")
    .toReversed()
    .map((part) => Number(part).toString(16).padStart(2, "0"))
    .join("");
  const entry = `${hexAddress}:${port.toString(16).padStart(4, "0")}`.toUpperCase();
  return (await readFile("/proc/net/udp", "utf8")).includes(` ${entry} `);
}

function paceOptions({ calls, atOnce = 1, aSecond = 10 }: SippPace): string[] {
  return ["-m", String(calls), "-l", String(atOnce), "-r", String(aSecond)];
}
