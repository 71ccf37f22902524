import { createSocket } from "node:dgram";
import type { RemoteInfo, Socket } from "node:dgram";
import { once } from "node:events";
import { canonicalAddress } from "../../src/sip/transport/ip-address.ts";
import type { NaptrRecord, SrvRecord } from "../../src/sip/transport/resolver.ts";

export type DnsType = "A" | "AAAA" | "CNAME" | "SRV" | "NAPTR";

/** What the server does when a name and type are asked for. */
export type DnsScript =
  | { readonly say: readonly DnsData[]; readonly ttl?: number }
  | { readonly fail: "NXDOMAIN" | "SERVFAIL" | "REFUSED" }
  /** Nothing comes until `release`. */
  | { readonly hold: true };

/** An address, the target of a CNAME, or the fields of a record. */
export type DnsData = string | { readonly cname: string } | SrvRecord | NaptrRecord;

interface Question {
  readonly packet: Buffer;
  readonly name: string;
  readonly type: DnsType | undefined;
  readonly end: number;
  readonly from: RemoteInfo;
}

const typeNumbers: Readonly<Record<DnsType, number>> = { A: 1, CNAME: 5, AAAA: 28, SRV: 33, NAPTR: 35 };
const typeNames = new Map(Object.entries(typeNumbers).map(([name, number]) => [number, name as DnsType]));
const failureCodes = { SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;

/** A name server on a real socket of 127.0.0.1 that says what a test tells it to; what it was told nothing of does not exist. */
export class DnsServer {
  readonly #socket: Socket;
  readonly #scripts = new Map<string, DnsScript>();
  readonly #held: Question[] = [];
  readonly #asked = new Map<string, number>();
  #whenAsked: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("message", (packet, from) => this.#onQuestion(packet, from));
  }

  static async open(): Promise<DnsServer> {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return new DnsServer(socket);
  }

  /** `address:port`, as a resolver's list of servers wants it. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  script(name: string, type: DnsType, script: DnsScript): void {
    this.#scripts.set(`${type} ${name}`, script);
  }

  /** How often the name and type have been asked for. */
  timesAsked(name: string, type: DnsType): number {
    return this.#asked.get(`${type} ${name}`) ?? 0;
  }

  /** Resolves once the name and type have been asked for that often. */
  async whenAsked(name: string, type: DnsType, times = 1): Promise<void> {
    while (this.timesAsked(name, type) < times) {
      await new Promise<void>((resolve) => this.#whenAsked.push(resolve));
    }
  }

  /** Answers what was held, by what the scripts say now. */
  release(): void {
    for (const question of this.#held.splice(0)) this.#answer(question);
  }

  close(): void {
    this.#socket.close();
  }

  #onQuestion(packet: Buffer, from: RemoteInfo): void {
    const { name, end } = readName(packet);
    const type = typeNames.get(packet.readUInt16BE(end));
    const key = `${type ?? "?"} ${name}`;
    this.#asked.set(key, (this.#asked.get(key) ?? 0) + 1);
    this.#answer({ packet, name, type, end: end + 4, from });
    for (const resolve of this.#whenAsked.splice(0)) resolve();
  }

  #answer(question: Question): void {
    const script = this.#scripts.get(`${question.type ?? "?"} ${question.name}`) ?? { fail: "NXDOMAIN" };
    if ("hold" in script) {
      this.#held.push(question);
      return;
    }
    const records = "say" in script ? script.say.map((data) => record(question, data, script.ttl ?? 60)) : [];
    const header = Buffer.alloc(12);
    question.packet.copy(header, 0, 0, 2);
    // Response, recursion desired and available.
    header.writeUInt16BE(0x8180 | ("fail" in script ? failureCodes[script.fail] : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    const packet = Buffer.concat([header, question.packet.subarray(12, question.end), ...records]);
    this.#socket.send(packet, question.from.port, question.from.address);
  }
}

function readName(packet: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = packet[at] ?? 0; length > 0; length = packet[at] ?? 0) {
    labels.push(packet.toString("latin1", at + 1, at + 1 + length).toLowerCase());
    at += 1 + length;
  }
  return { name: labels.join("."), end: at + 1 };
}

/** RFC 1035 §3.2.1, its owner name a pointer to the question's. */
function record(question: Question, data: DnsData, ttl: number): Buffer {
  const type = typeof data === "object" && "cname" in data ? "CNAME" : (question.type ?? "A");
  const value = recordData(data);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(typeNumbers[type], 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttl, 6);
  head.writeUInt16BE(value.length, 10);
  return Buffer.concat([head, value]);
}

function recordData(data: DnsData): Buffer {
  if (typeof data === "string") return addressBytes(data);
  if ("cname" in data) return nameBytes(data.cname);
  if ("target" in data) {
    return Buffer.concat([numbers(data.priority, data.weight, data.port), nameBytes(data.target)]);
  }
  return Buffer.concat([
    numbers(data.order, data.preference),
    text(data.flags),
    text(data.service),
    text(""),
    nameBytes(data.replacement),
  ]);
}

function addressBytes(address: string): Buffer {
  if (!address.includes(":")) return Buffer.from(address.split(".").map(Number));
  const [head = "", tail = ""] = (canonicalAddress(address) ?? "").split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":").map((group) => parseInt(group, 16)));
  const [first, last] = [groups(head), groups(tail)];
  const middle = Array.from({ length: 8 - first.length - last.length }, () => 0);
  return numbers(...first, ...middle, ...last);
}

function nameBytes(name: string): Buffer {
  const labels = name.split(".").filter((label) => label !== "");
  return Buffer.concat([...labels.map(text), Buffer.of(0)]);
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.of(value.length), Buffer.from(value, "latin1")]);
}

function numbers(...values: number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, 2 * index);
  return bytes;
}
