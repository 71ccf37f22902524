/**
 * A whole Divert as `divert serve` starts it, on real sockets of an address of its own and with SQLite in a folder of its
 * own, registered at a scripted PBX. Its clock stands still until a test moves it.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LogFields, type Logger, silentLogger } from "../../src/base/logger.ts";
import { startDivert } from "../../src/main.ts";
import type { Divert } from "../../src/main.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { FakeClock } from "./fake-clock.ts";
import type { CertificateFiles } from "../../src/sip/transport/certificates.ts";
import type { PeerAddress } from "./peer-socket.ts";
import { RawConnection, RawDatagrams } from "./raw-peer.ts";
import { ScriptedPbx, type PbxProtocol } from "./scripted-pbx.ts";
import { ScriptedPeer, type PeerProtocol } from "./scripted-peer.ts";
import { SeededRandom } from "./seeded-random.ts";
import { readPair } from "./test-certificates.ts";

const domain = "pbx.example";

/** What callers of a line hear where no rule fits, by the line's group. */
const groups = {
  refusing: { busy: 486, noPhone: 480, declined: 603, dnd: 486 },
  /** It rings until they give up, and the line is busy meanwhile. */
  ringing: { busy: 486, noPhone: 180, declined: 603, dnd: 486 },
} as const;

export interface UnderTestOptions {
  /** Lines by extension, with the group of each; absent: 101 to 103, refusing, and 111 and 112, ringing. */
  readonly lines?: Readonly<Record<string, keyof typeof groups>>;
  /** Rules by line, as `"always/all": "102"`. */
  readonly rules?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Each line has a phone: its user name is the line's, its password `phone-101`. */
  readonly phones?: boolean;
  /** The lines' phones are offered a second call. */
  readonly callWaiting?: boolean;
  /** Further keys of the PBX in the configuration file. */
  readonly pbx?: Readonly<Record<string, unknown>>;
  /** Further keys of each group. */
  readonly group?: Readonly<Record<string, unknown>>;
  readonly strangers?: "refuse" | "silence";
  /** How long calls may go on when it stops. */
  readonly drainMs?: number;
  /** Listens on ::1 as well. */
  readonly ipv6?: boolean;
  /** Listens for WebSockets as well. */
  readonly webSocket?: boolean;
  /** For `divert.example` and `pbx.example`: listens by TLS as well, and the PBX and TLS phones show it too. */
  readonly certificate?: CertificateFiles;
  /** How lines register at the PBX; UDP unless given. */
  readonly pbxProtocol?: PbxProtocol;
  /** Is given what goes to the log at info, too. */
  readonly onNews?: (message: string) => void;
  /** Does not wait until the lines are registered. */
  readonly unregistered?: boolean;
  /** In place of the registrar that takes everyone, from the first REGISTER on. */
  readonly pbxAnswers?: ScriptedPbx["answers"];
}

const defaultLines = {
  "101": "refusing",
  "102": "refusing",
  "103": "refusing",
  "111": "ringing",
  "112": "ringing",
} as const;

export interface LoggedCall {
  readonly line: string;
  readonly from: string;
  readonly caller: "internal" | "external";
  readonly lineState: "idle" | "busy";
  readonly action: string;
  readonly target?: string;
  readonly status: number;
  readonly because: readonly string[];
  readonly end: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

export class DivertUnderTest {
  readonly clock: FakeClock;
  readonly divert: Divert;
  readonly pbx: ScriptedPbx;
  /** Where the PBX and its callers are; Divert accepts calls from nowhere else. */
  readonly address: string;
  /** Another one, which Divert knows nothing of. */
  readonly strangerAddress = loopbackAddress();
  /** What went to the log as a warning or an error: there is nothing that should. */
  readonly complaints: readonly string[];
  readonly #folder: string;
  readonly #certificate: CertificateFiles | undefined;
  readonly #peers: { close(): unknown }[] = [];
  #closed: Promise<void> | undefined;

  private constructor(
    parts: Pick<DivertUnderTest, "clock" | "divert" | "pbx" | "address" | "complaints">,
    folder: string,
    certificate: CertificateFiles | undefined,
  ) {
    ({
      clock: this.clock,
      divert: this.divert,
      pbx: this.pbx,
      address: this.address,
      complaints: this.complaints,
    } = parts);
    this.#folder = folder;
    this.#certificate = certificate;
  }

  /** Resolves when all lines are registered. */
  static async start(options: UnderTestOptions = {}): Promise<DivertUnderTest> {
    const { lines = defaultLines, certificate, pbxProtocol } = options;
    const folder = await mkdtemp(join(tmpdir(), "divert-flows-"));
    const address = loopbackAddress();
    const clock = new FakeClock();
    const pbx = await ScriptedPbx.open(address, pbxProtocol, certificate && readPair(certificate));
    if (options.pbxAnswers !== undefined) pbx.answers = options.pbxAnswers;
    const applyFile = join(folder, "divert.yaml");
    // JSON is YAML.
    await writeFile(applyFile, JSON.stringify(configurationOf(options, lines, pbx.uri)));
    const complaints: string[] = [];
    const own = loopbackAddress();
    const divert = await startDivert({
      dataFolder: join(folder, "data"),
      http: { host: "127.0.0.1", port: 0 },
      sip: [
        `udp://${own}:0`,
        `tcp://${own}:0`,
        ...(options.ipv6 === true ? ["udp://[::1]:0"] : []),
        ...(certificate ? [`tls://${own}:0?cert=${certificate.certificate}&key=${certificate.key}`] : []),
        ...(options.webSocket === true ? [`ws://${own}:0`] : []),
      ],
      applyFile,
      environment: {},
      logger: complaintsTo(complaints, options.onNews),
      clock,
      random: new SeededRandom(1),
      ...(options.strangers !== undefined && { strangers: options.strangers }),
      ...(options.drainMs !== undefined && { drainMs: options.drainMs }),
    });
    const under = new DivertUnderTest({ clock, divert, pbx, address, complaints }, folder, certificate);
    if (options.unregistered !== true) {
      await under.passUntil(() => pbx.contacts.size === Object.keys(lines).length);
      await under.passUntil(() => [...divert.lines.all()].every(isRegistered));
    }
    return under;
  }

  get udp(): PeerAddress {
    return this.#listening("UDP", (address) => !address.includes(":"));
  }

  get tcp(): PeerAddress {
    return this.#listening("TCP", () => true);
  }

  get udp6(): PeerAddress {
    return this.#listening("UDP", (address) => address.includes(":"));
  }

  get webSocket(): PeerAddress {
    return this.#listening("WS", () => true);
  }

  at(protocol: "UDP" | "TCP" | "TLS" | "WS"): PeerAddress {
    return protocol === "UDP" ? this.udp : this.#listening(protocol, () => true);
  }

  /** Where its database is. */
  get dataFolder(): string {
    return join(this.#folder, "data");
  }

  /** The Request-URI by which the PBX reaches a line: its Contact, as it was registered. */
  contact(line: string): string {
    const contact = this.pbx.contacts.get(line);
    assert.ok(contact !== undefined, `line ${line} is not registered`);
    return contact;
  }

  /** A peer at the PBX's address, or at another; closed at the end. One by WebSocket has no address. */
  async peer(protocol: "UDP" | "TCP" | "TLS" | "WS" = "UDP", address = this.address): Promise<ScriptedPeer> {
    const peer = await this.#openPeer(protocol, address);
    this.#peers.push(peer);
    return peer;
  }

  #openPeer(protocol: PeerProtocol, address: string): Promise<ScriptedPeer> {
    if (protocol === "UDP" || protocol === "TCP") return ScriptedPeer.open(protocol, 0, address);
    if (protocol === "TLS") {
      assert.ok(this.#certificate !== undefined);
      return ScriptedPeer.openSecurely(readPair(this.#certificate), address);
    }
    const { address: host, port } = this.webSocket;
    return ScriptedPeer.openWebSocket(`ws://${host}:${port}`);
  }

  async raw(
    protocol: "UDP" | "TCP" = "UDP",
    from: { address: string; port?: number } = { address: this.address },
  ): Promise<RawDatagrams | RawConnection> {
    return protocol === "UDP" ? this.rawUdp(from) : this.rawTcp(from);
  }

  async rawUdp(
    from: { address: string; port?: number } = { address: this.address },
    to = this.udp,
  ): Promise<RawDatagrams> {
    const peer = await RawDatagrams.open(to, from);
    this.#peers.push(peer);
    return peer;
  }

  async rawTcp(from: { address: string } = { address: this.address }): Promise<RawConnection> {
    const peer = await RawConnection.open(this.tcp, from);
    this.#peers.push(peer);
    return peer;
  }

  /** Lets time pass, and what is sent meanwhile arrive and be answered. */
  async pass(durationMs: number): Promise<void> {
    for (let left = durationMs; left > 0; left -= 500) {
      await this.clock.advanceAsync(Math.min(left, 500));
      await settle();
    }
  }

  /** Lets time pass in small steps until something has come about. Fails after ten minutes of that time. */
  async passUntil(condition: () => boolean, stepMs = 20): Promise<void> {
    const deadline = this.clock.now() + 600_000;
    // What is on its way between sockets takes turns of the event loop and no time of this clock.
    for (let turn = 0; !condition(); turn++) {
      assert.ok(this.clock.now() < deadline, `${condition.toString()} did not come about`);
      if (turn % 10 === 9) await this.clock.advanceAsync(stepMs);
      await settle();
    }
  }

  /** Asks the API. */
  async ask(method: string, path: string, body?: unknown): Promise<ApiAnswer> {
    const { host, port } = this.divert.http;
    const response = await fetch(`http://${host}:${port}/api${path}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : (JSON.parse(text) as unknown) };
  }

  /** Sets a rule, as a user does. */
  async forward(line: string, rule: string, target: string): Promise<void> {
    const { status, body } = await this.ask("PUT", `/lines/${line}/forwardings/${rule}`, { target });
    assert.ok(status === 200 || status === 201, JSON.stringify(body));
  }

  /** The call log, the earliest first. */
  async calls(): Promise<LoggedCall[]> {
    const { body } = await this.ask("GET", "/calls?limit=1000");
    return (body as { calls: LoggedCall[] }).calls.toReversed();
  }

  /** Transactions that Divert holds. */
  get transactions(): number {
    const counts = this.divert.userAgent.counts();
    return counts.inviteServer + counts.nonInviteServer + counts.inviteClient + counts.nonInviteClient;
  }

  /** After 64 s of silence nothing is left of what was, and nothing has gone wrong meanwhile. */
  async leavesNothing(): Promise<void> {
    await this.pass(64_000);
    await this.passUntil(() => this.transactions === 0);
    assert.equal(this.divert.userAgent.counts().bugs, 0);
    assert.deepEqual(this.complaints, []);
    for (const line of this.divert.lines.all()) assert.equal(line.callsInProgress, 0, `line ${line.id}`);
  }

  /** Idempotent. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    let isClosed = false;
    const closing = this.divert.close().finally(() => (isClosed = true));
    await this.passUntil(() => isClosed);
    await closing;
    await Promise.all([this.pbx.close(), ...this.#peers.map((peer) => peer.close())]);
    await rm(this.#folder, { recursive: true, force: true });
  }

  #listening(protocol: string, fits: (address: string) => boolean): PeerAddress {
    const point = this.divert.sip.find((open) => open.protocol === protocol && fits(open.address));
    assert.ok(point !== undefined);
    return point;
  }
}

function isRegistered({ registration }: { registration: { state: string } }): boolean {
  return registration.state === "registered";
}

/** A few turns of the event loop: what was sent on the loopback network has arrived. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function complaintsTo(complaints: string[], onNews?: (message: string) => void): Logger {
  const note = (fields: LogFields, message: string): void => {
    // What the configuration file is warned of is the test's own wish.
    if (message === "configuration") return;
    complaints.push(`${message} ${JSON.stringify(fields, (_key, value: unknown) => plain(value))}`);
  };
  const logger: Logger = {
    ...silentLogger,
    info: (_fields, message) => onNews?.(message),
    warn: note,
    error: note,
    child: () => logger,
  };
  return logger;
}

function plain(value: unknown): unknown {
  return value instanceof Error ? (value.stack ?? value.message) : value;
}

function configurationOf(
  {
    rules = {},
    pbx,
    group: ofGroups,
    phones = false,
    callWaiting = false,
    certificate,
    webSocket = false,
  }: UnderTestOptions,
  lines: Readonly<Record<string, keyof typeof groups>>,
  registrar: string,
): object {
  return {
    sites: [
      {
        id: "starnberg",
        countryCode: "49",
        areaCode: "8151",
        mainNumber: "36856",
        extensions: ["100-399"],
        outsideLine: "0",
      },
    ],
    pbxs: [
      {
        id: "hq",
        profile: "generic",
        site: "starnberg",
        registrar,
        domain,
        redirect: "yes",
        ...(certificate && { tls: { ca: certificate.certificate } }),
        ...(webSocket && { webrtcMedia: "yes" }),
        ...pbx,
      },
    ],
    groups: Object.entries(groups).map(([id, answers]) => ({ id, pbx: "hq", answers, ...ofGroups })),
    lines: Object.entries(lines).map(([id, group]) => ({
      id,
      group,
      username: id,
      password: "secret",
      secondCall: "yes",
      callWaiting,
      ...(phones && { phone: { username: id, password: `phone-${id}` } }),
    })),
    forwardings: Object.entries(rules).flatMap(([line, targets]) =>
      Object.entries(targets).map(([rule, target]) => {
        const [when, callers] = rule.split("/");
        return { line, when, callers, target };
      }),
    ),
  };
}
