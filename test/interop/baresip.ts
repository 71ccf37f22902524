import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program } from "./program.ts";

export interface BaresipOptions {
  /** An address of its own, on loopback. */
  readonly address: string;
  readonly username: string;
  readonly password: string;
  /** `127.70.1.1:5060` */
  readonly server: string;
  readonly transport?: "udp" | "tcp";
  /** What its microphone hears, a sine of that frequency; absent: nothing. */
  readonly toneHz?: number;
}

/** `CALL_RINGING`, `CALL_ESTABLISHED`, `REGISTER_OK` and the like. */
interface BaresipEvent {
  readonly event?: true;
  readonly type: string;
  readonly param?: string;
}

const controlPort = 4444;
const samplesPerSecond = 8000;

/** Debian's baresip: a softphone with a microphone that is silent or hears a tone, told what to do over a control connection. */
export class Baresip {
  /** What has happened, in order. */
  readonly events: BaresipEvent[] = [];
  readonly #program: Program;
  readonly #folder: string;
  readonly #options: BaresipOptions;
  #control: Socket | undefined;
  #unread = "";

  private constructor(options: BaresipOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
    this.#program = new Program("baresip", ["-4", "-f", folder]);
  }

  /** Resolves when it is registered; when it does not get there, nothing of it stays. */
  static async start(options: BaresipOptions): Promise<Baresip> {
    const folder = await mkdtemp(join(tmpdir(), "divert-baresip-"));
    await Promise.all([
      writeFile(join(folder, "config"), configurationOf(options, folder)),
      writeFile(join(folder, "accounts"), `${accountOf(options)}\n`),
      writeFile(join(folder, "contacts"), ""),
      writeFile(join(folder, "microphone.wav"), waveFile(sineWave(options.toneHz ?? 0, 60))),
    ]);
    const baresip = new Baresip(options, folder);
    try {
      await baresip.#program.until(() => baresip.#isControlled());
      await baresip.#program.until(() => baresip.#program.output.includes("200 OK"));
      return baresip;
    } catch (error) {
      await baresip.close();
      throw error;
    }
  }

  get address(): string {
    return this.#options.address;
  }

  /** What it says to its user. */
  get output(): string {
    return this.#program.output;
  }

  /** `dial`, `accept`, `hangup`, `hold`, `resume`, `sndcode`, `transfer`: that it was understood says nothing; wait for the event. */
  tell(command: string, params?: string): void {
    const text = JSON.stringify({ command, ...(params !== undefined && { params }), token: command });
    this.#control?.write(`${String(Buffer.byteLength(text))}:${text},`);
  }

  /** What has happened so far is of no interest any more. */
  forget(): void {
    this.events.length = 0;
  }

  /** Waits for the first event of that type that it has not told before, in whatever order; resolves with what it says. */
  async happened(type: string): Promise<string> {
    const index = (): number => this.events.findIndex((event) => event.type === type);
    await this.#program.until(() => index() !== -1);
    const [event] = this.events.splice(index(), 1);
    return event?.param ?? "";
  }

  async close(): Promise<void> {
    this.#control?.destroy();
    await this.#program.stop("SIGKILL");
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #isControlled(): Promise<boolean> {
    const control = connect(controlPort, this.#options.address);
    try {
      await once(control, "connect");
    } catch {
      // Not listening yet.
      return false;
    }
    control.setEncoding("utf8").on("data", (text: string) => this.#read(text));
    control.on("error", () => control.destroy());
    this.#control = control;
    return true;
  }

  /** Netstrings: `12:{"event":1},` */
  #read(text: string): void {
    this.#unread += text;
    for (;;) {
      const length = Number(/^(\d+):/.exec(this.#unread)?.[1] ?? Number.NaN);
      const start = this.#unread.indexOf(":") + 1;
      if (Number.isNaN(length) || this.#unread.length < start + length + 1) return;
      const message = JSON.parse(this.#unread.slice(start, start + length)) as BaresipEvent;
      this.#unread = this.#unread.slice(start + length + 1);
      if (message.event === true) this.events.push(message);
    }
  }
}

function accountOf({ username, password, server, transport = "udp" }: BaresipOptions): string {
  const aor = `<sip:${username}@${server};transport=${transport}>`;
  // By the server whatever the name in the number: the PBX's domain stands in no DNS.
  const outbound = `outbound="sip:${server};transport=${transport}"`;
  return `${aor};auth_user=${username};auth_pass=${password};regint=600;${outbound}`;
}

function configurationOf({ address }: BaresipOptions, folder: string): string {
  const modules = ["g711", "aufile", "aubridge", "account", "ctrl_tcp", "menu"];
  return [
    `sip_listen ${address}:5060`,
    `net_interface ${address}`,
    "call_max_calls 4",
    "statmode_default off",
    `audio_source aufile,${folder}/microphone.wav`,
    "audio_player aubridge,player",
    "audio_alert aubridge,alert",
    "module_path /usr/lib/baresip/modules",
    ...modules.map((name) => `module ${name}.so`),
    `ctrl_tcp_listen ${address}:${controlPort}`,
    "",
  ].join("\n");
}

/** Half of what is loudest; with a frequency of 0, silence. */
function sineWave(frequencyHz: number, seconds: number): Int16Array {
  const radians = (2 * Math.PI * frequencyHz) / samplesPerSecond;
  return Int16Array.from(
    { length: seconds * samplesPerSecond },
    (_, index) => 16_000 * Math.sin(radians * index),
  );
}

/** 8 kHz, 16 bits, one channel: the only form that G.711 takes without more modules. */
function waveFile(samples: Int16Array): Buffer {
  const data = Buffer.from(samples.buffer);
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(samplesPerSecond, 24);
  head.writeUInt32LE(samplesPerSecond * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}
