import { mkdtempSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Program, type ProgramEnd } from "./program.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface DivertOptions {
  /** Listening points: `udp://127.70.1.1:5060`. */
  readonly sip: readonly string[];
  /** What a configuration file holds. */
  readonly configuration: object;
  /** How long calls may go on when it stops; absent: as long as it says. */
  readonly drainSeconds?: number;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Divert as its operator runs it: `bin/divert.js serve` in a process of its own, with a data folder that outlives it.
 */
export class DivertProgram {
  readonly #options: DivertOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), "divert-interop-"));
  #program: Program | undefined;
  #api = "";

  constructor(options: DivertOptions) {
    this.#options = options;
  }

  /** With its configuration applied; resolves when it serves. */
  async start(): Promise<void> {
    const file = join(this.#folder, "divert.yaml");
    // JSON is YAML.
    await writeFile(file, JSON.stringify(this.#options.configuration));
    await this.#run(this.#options.sip, ["--apply", file]);
  }

  /** Starts it again after `stop` or `kill`, with what lies in the data folder and nothing else. */
  async restart(sip = this.#options.sip): Promise<void> {
    await this.#run(sip, []);
  }

  get dataFolder(): string {
    return join(this.#folder, "data");
  }

  /** What it has logged since it was last started. */
  get log(): string {
    return this.#running.output;
  }

  /** SIGTERM; resolves when it has ended. */
  stop(): Promise<ProgramEnd> {
    return this.#running.stop("SIGTERM");
  }

  /** SIGKILL: it has no chance to put anything in order. */
  kill(): Promise<ProgramEnd> {
    return this.#running.stop("SIGKILL");
  }

  async close(): Promise<void> {
    await this.#program?.stop("SIGKILL");
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Waits for something that Divert brings about; shows its log when that does not come. */
  until(isReady: () => boolean | Promise<boolean>, withinMs?: number): Promise<void> {
    return this.#running.until(isReady, withinMs);
  }

  /** Asks its API; rejects when the connection breaks, as when it is killed. */
  async ask(method: string, path: string, body?: object): Promise<ApiAnswer> {
    const response = await fetch(`${this.#api}${path}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : (JSON.parse(text) as unknown) };
  }

  /** Sets a rule, as a user would; `rule` is `always/internal` or the like. Rejects when it is refused. */
  async forward(line: string, rule: string, target: string): Promise<void> {
    const path = `/api/lines/${line}/forwardings/${rule}`;
    const { status, body } = await this.ask("PUT", path, { target });
    if (status !== 200 && status !== 201) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
  }

  async removeForwarding(line: string, rule: string): Promise<void> {
    const path = `/api/lines/${line}/forwardings/${rule}`;
    const { status, body } = await this.ask("DELETE", path);
    if (status !== 204) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
  }

  get #running(): Program {
    if (this.#program === undefined) throw new Error("Divert has not been started");
    return this.#program;
  }

  /** Resolves when all is open, which its log tells together with the address of the API. */
  async #run(sip: readonly string[], more: readonly string[]): Promise<void> {
    const program = new Program(
      process.execPath,
      [
        join(root, "bin/divert.js"),
        "serve",
        ...["--data", this.dataFolder, "--http", "127.0.0.1:0"],
        ...sip.flatMap((point) => ["--sip", point]),
        ...(this.#options.drainSeconds === undefined ? [] : ["--drain", String(this.#options.drainSeconds)]),
        ...more,
      ],
      { folder: this.#folder },
    );
    this.#program = program;
    await program.until(() => {
      this.#api = /"http":"([^"]+)".*"msg":"started"/.exec(program.output)?.[1] ?? "";
      return this.#api !== "";
    });
  }
}
