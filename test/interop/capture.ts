import { mkdtemp, readFile, rm } from "node:fs/promises";
import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Program } from "./program.ts";

/** One SIP message on the wire, retransmissions included. */
export interface CapturedMessage {
  readonly source: string;
  readonly destination: string;
  /** The method of a request, or of the request that a response answers. */
  readonly method: string;
  /** Absent in a request. */
  readonly status?: number;
}

export interface Captured {
  readonly messages: readonly CapturedMessage[];
  /** How many packets there were in all. */
  readonly packets: number;
  /** All of them one after the other, for whoever looks for a text. */
  readonly bytes: Buffer;
}

/** Everything that goes to or comes from an address, seen from beside it. Needs the right to capture (root). */
export class Capture {
  readonly #program: Program;
  readonly #folder: string;
  readonly #file: string;

  private constructor(program: Program, folder: string, file: string) {
    this.#program = program;
    this.#folder = folder;
    this.#file = file;
  }

  /** Resolves when it sees packets. */
  static async start(address: string): Promise<Capture> {
    const folder = await mkdtemp(join(tmpdir(), "divert-capture-"));
    const file = join(folder, "packets.pcap");
    // Without --immediate-mode the kernel holds the last packets back, and they are lost at the end.
    const options = ["-i", "lo", "-n", "-U", "--immediate-mode", "-Z", "root", "-w", file];
    const program = new Program("tcpdump", [...options, `host ${address}`]);
    await program.until(() => program.output.includes("listening on"));
    return new Capture(program, folder, file);
  }

  /** Ends it and reads what it has seen. */
  async finish(): Promise<Captured> {
    await this.#program.stop("SIGINT");
    const fields = ["ip.src", "ip.dst", "sip.CSeq.method", "sip.Status-Code"];
    const { stdout } = await promisify(execFile)(
      "tshark",
      [
        "-r",
        this.#file,
        "-n",
        "-d",
        "udp.port==5060,sip",
        "-T",
        "fields",
        ...fields.flatMap((name) => ["-e", name]),
      ],
      { maxBuffer: 2 ** 28 },
    );
    const rows = stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split("\t"));
    const messages = rows
      .filter(([, , method = ""]) => method !== "")
      .map(([source = "", destination = "", method = "", status = ""]) => ({
        source,
        destination,
        method,
        ...(status !== "" && { status: Number(status) }),
      }));
    return { messages, packets: rows.length, bytes: await readFile(this.#file) };
  }

  async close(): Promise<void> {
    await this.#program.stop("SIGKILL");
    await rm(this.#folder, { recursive: true, force: true });
  }
}
