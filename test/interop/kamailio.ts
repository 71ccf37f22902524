import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { kamailioConfiguration, type KamailioOptions } from "./kamailio-configuration.ts";
import { Program } from "./program.ts";

/**
 * Debian's Kamailio as the PBX of a test. What is registered lives in its memory: it is gone after `stop` or `kill`.
 */
export class Kamailio {
  readonly options: KamailioOptions;
  readonly #folder: string;
  #program: Program | undefined;

  private constructor(options: KamailioOptions, folder: string) {
    this.options = options;
    this.#folder = folder;
  }

  /** Resolves when it answers; when it does not, nothing of it stays. */
  static async start(options: KamailioOptions): Promise<Kamailio> {
    const kamailio = new Kamailio(options, await mkdtemp(join(tmpdir(), "divert-kamailio-")));
    try {
      await kamailio.start();
      return kamailio;
    } catch (error) {
      await kamailio.close();
      throw error;
    }
  }

  /** Starts it again after `stop` or `kill`, with nobody registered. */
  async start(): Promise<void> {
    const file = join(this.#folder, "kamailio.cfg");
    await writeFile(file, kamailioConfiguration(this.options));
    const args = ["-f", file, "-DD", "-E", "-m", "32", "-M", "4", "-Y", this.#folder, "-w", this.#folder];
    this.#program = new Program("kamailio", args);
    await this.#program.until(() => this.#answers());
  }

  /** An orderly end. */
  async stop(): Promise<void> {
    await this.#program?.stop("SIGTERM");
  }

  /** An end without a word. */
  async kill(): Promise<void> {
    await this.#program?.stop("SIGKILL");
  }

  async close(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** The Contact URIs that are registered for a subscriber; empty when there are none. */
  async contacts(username: string): Promise<readonly string[]> {
    const answer = await this.#call("ul.lookup", ["location", username]);
    return (answer.result?.Contacts ?? []).map(({ Contact }) => Contact.Address);
  }

  /** What it has logged, for a failing test to show. */
  get log(): string {
    return this.#program?.output ?? "";
  }

  async #answers(): Promise<boolean> {
    try {
      return (await this.#call("core.version", [])).result !== undefined;
    } catch {
      // Not listening yet.
      return false;
    }
  }

  async #call(method: string, params: readonly string[]): Promise<LookupAnswer> {
    const { address, port } = this.options;
    // Not by fetch, which refuses port 5060. Nor on a kept connection: it would outlive a Kamailio that is killed.
    const question = request({ host: address, port, method: "POST", path: "/rpc", agent: false });
    question.end(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
    const [answer] = (await once(question, "response")) as [IncomingMessage];
    return (await json(answer)) as LookupAnswer;
  }
}

interface LookupAnswer {
  readonly result?: { readonly Contacts?: readonly { readonly Contact: { readonly Address: string } }[] };
}
