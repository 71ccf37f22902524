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

/** One datagram on the wire, by IPv4. */
export interface CapturedDatagram {
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  readonly payload: Buffer;
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

  /** Resolves when it sees packets. `filter`: in the words of tcpdump, in place of all that concerns one address. */
  static async start(address: string, filter = `host ${address}`): Promise<Capture> {
    const folder = await mkdtemp(join(tmpdir(), "divert-capture-"));
    const file = join(folder, "packets.pcap");
    // Without --immediate-mode the kernel holds the last packets back, and they are lost at the end.
    const options = ["-i", "lo", "-n", "-U", "--immediate-mode", "-Z", "root", "-w", file];
    const program = new Program("tcpdump", [...options, filter]);
    await program.until(() => program.output.includes("listening on"));
    return new Capture(program, folder, file);
  }

  /** The UDP datagrams so far, once they are as many as somebody waits for. */
  async datagrams(
    areEnough: (datagrams: readonly CapturedDatagram[]) => boolean,
  ): Promise<CapturedDatagram[]> {
    let datagrams: CapturedDatagram[] = [];
    await this.#program.until(async () => {
      datagrams = readDatagrams(await readFile(this.#file));
      return areEnough(datagrams);
    });
    return datagrams;
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

const fileHeadOctets = 24;
const recordHeadOctets = 16;
/** Linux puts one before what goes over its loopback interface too. */
const ethernetHeadOctets = 14;

/** The classic pcap file in this machine's order of octets; a record that is not all there yet is left out. */
function readDatagrams(file: Buffer): CapturedDatagram[] {
  const datagrams: CapturedDatagram[] = [];
  for (let start = fileHeadOctets; start + recordHeadOctets <= file.length;) {
    const begin = start + recordHeadOctets;
    const end = begin + file.readUInt32LE(start + 8);
    if (end > file.length) break;
    start = end;
    const packet = file.subarray(begin + ethernetHeadOctets, end);
    const ipHeadOctets = ((packet[0] ?? 0) & 15) * 4;
    const isUdp = packet[9] === 17;
    if (!isUdp) continue;
    datagrams.push({
      sourcePort: packet.readUInt16BE(ipHeadOctets),
      destination: packet.subarray(16, 20).join("."),
      destinationPort: packet.readUInt16BE(ipHeadOctets + 2),
      payload: packet.subarray(ipHeadOctets + 8),
    });
  }
  return datagrams;
}
