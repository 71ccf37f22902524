import { spawn, type ChildProcess } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";

export interface ProgramOptions {
  readonly folder?: string;
  readonly environment?: NodeJS.ProcessEnv;
}

/** What becomes of a program: the exit code, or the signal that ended it. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const running = new Set<Program>();
process.once("exit", () => {
  for (const program of running) program.signal("SIGKILL");
});
// The runner ends a test file that takes too long in this way.
process.once("SIGTERM", () => process.exit(143));

/**
 * A program that runs beside the test, with what it has said so far. It leads a process group, so
 * that its children go with it. Left running it is killed at the end of the test's process.
 */
export class Program {
  readonly name: string;
  readonly ended: Promise<ProgramEnd>;
  #output = "";
  #end: ProgramEnd | undefined;
  readonly #child: ChildProcess;

  constructor(name: string, args: readonly string[], options: ProgramOptions = {}) {
    this.name = name;
    this.#child = spawn(name, args, {
      cwd: options.folder,
      // Debian keeps servers in /usr/sbin, which is not in everyone's PATH.
      env: { ...process.env, ...options.environment, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
    }
    running.add(this);
    this.ended = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null) => {
        running.delete(this);
        this.#end = { code, signal };
        resolve(this.#end);
      };
      this.#child.once("close", end);
      this.#child.once("error", (error) => {
        this.#output += error.message;
        end(127, null);
      });
    });
  }

  /** Standard output and standard error, as they came. */
  get output(): string {
    return this.#output;
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** To the whole group; nothing when it has ended. */
  signal(signal: NodeJS.Signals): void {
    if (this.hasEnded || this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch (error) {
      // It ended by itself in this moment.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }

  /** Asks it to end and waits until it has. Idempotent. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<ProgramEnd> {
    this.signal(signal);
    return this.ended;
  }

  /**
   * Waits until `isReady` says so, asking every few milliseconds: for programs that tell nobody when they are ready.
   * Rejects, with what the program said, when it ends before that or takes longer than `withinMs`.
   */
  async until(isReady: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
    const giveUpAt = performance.now() + withinMs;
    while (!(await isReady())) {
      // It may have got ready and ended between the two looks.
      if (this.hasEnded && !(await isReady())) {
        throw new Error(`${this.name} ended too early:\n${this.#output}`);
      }
      if (performance.now() > giveUpAt) throw new Error(`${this.name} does not get ready:\n${this.#output}`);
      await wait(5);
    }
  }
}
