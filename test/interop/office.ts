import { RawDatagrams } from "../support/raw-peer.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { TestPhone } from "../support/test-phone.ts";
import { Baresip } from "./baresip.ts";
import { DivertProgram } from "./divert-program.ts";
import { Kamailio } from "./kamailio.ts";
import { loopbackAddress } from "./loopback-address.ts";
import { callerScenario, type Callee, type Caller, type InCallRequest } from "./sipp-scenarios.ts";
import { Sipp, placeCall, register, startCallee, type CallReport, type SippAddress } from "./sipp.ts";

const domain = "pbx.example";
const mainNumber = "+49815136856";
/** The extension that places the calls from inside. */
export const colleague = "100";
/** The number that places those from outside. */
export const customer = "+4989123456";

export interface OfficeOptions {
  /** Extensions that Divert holds, with the group of each. */
  readonly lines: Readonly<Record<string, GroupName>>;
  /** Extensions with a phone that answers. */
  readonly phones: readonly string[];
  /** Lines that have phones of their own, which register at Divert with `linePhone`. */
  readonly linePhones?: readonly string[];
  /** Those of them whose phones are offered a second call. */
  readonly callWaiting?: readonly string[];
  readonly transport?: "udp" | "tcp";
  /** How long calls may go on when Divert stops. */
  readonly drainSeconds?: number;
  /** Seconds that Divert asks for when it registers. */
  readonly expires?: number;
  /** Seconds that the PBX's nonces are good for. */
  readonly nonceSeconds?: number;
  /** Whether the PBX follows a 302; absent: yes. */
  readonly followsRedirect?: boolean;
  /** The PBX's profile at Divert; absent: `kamailio`. */
  readonly profile?: string;
}

/** What callers of a line hear where no rule fits. */
const groups = {
  /** 480; 486 when busy. */
  refusing: { noPhone: "480", busy: "486" },
  /** It rings until they give up, and the line is busy meanwhile; others then hear 486. */
  ringing: { noPhone: "180", busy: "486" },
} as const;
export type GroupName = keyof typeof groups;

/** A caller who hears it ring, and waits. */
export interface RingingCall {
  /** The caller gives up; resolves when the PBX has taken the call back. */
  giveUp(): Promise<void>;
}

/**
 * A small office: Kamailio as its PBX, sipp as its phones and as the world outside, Divert for some of its lines.
 * Each part has an address of its own, so that a capture can tell them apart.
 */
export class Office {
  readonly pbx = at(5060);
  readonly outside = at(5060);
  readonly divertAddress: string;
  readonly kamailio: Kamailio;
  readonly divert: DivertProgram;
  /** The phone of an extension, or `trunk` for whatever is called outside. */
  readonly #phones = new Map<string, Sipp>();
  readonly #inside = at(5060);
  readonly #lines: readonly string[];

  private constructor(parts: Parts, lines: readonly string[]) {
    ({
      pbx: this.pbx,
      outside: this.outside,
      divertAddress: this.divertAddress,
      kamailio: this.kamailio,
      divert: this.divert,
    } = parts);
    this.#lines = lines;
  }

  /** Resolves when everything is registered; when that fails, nothing stays open. */
  static async open(options: OfficeOptions): Promise<Office> {
    const { phones, transport = "udp" } = options;
    const other = transport === "udp" ? "tcp" : "udp";
    const lines = Object.keys(options.lines);
    const pbx = at(5060);
    const outside = at(5060);
    const divertAddress = loopbackAddress();
    const kamailio = await Kamailio.start({
      ...pbx,
      domain,
      accounts: Object.fromEntries([colleague, ...lines, ...phones].map((name) => [name, passwordOf(name)])),
      mainNumber,
      trunk: outside,
      ...(options.nonceSeconds !== undefined && { nonceSeconds: options.nonceSeconds }),
      ...(options.followsRedirect !== undefined && { followsRedirect: options.followsRedirect }),
    });
    const divert = new DivertProgram({
      sip: [
        `${transport}://${divertAddress}:5060`,
        ...(options.linePhones ? [`${other}://${divertAddress}:5060`] : []),
      ],
      configuration: configuration(options, pbx),
      ...(options.drainSeconds !== undefined && { drainSeconds: options.drainSeconds }),
    });
    const office = new Office({ pbx, outside, divertAddress, kamailio, divert }, lines);
    try {
      await divert.start();
      await office.#startPhones(phones);
      await divert.until(() => office.areLinesRegistered());
      return office;
    } catch (error) {
      await office.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.divert.close(), ...[...this.#phones.values()].map((phone) => phone.close())]);
    await this.kamailio.close();
  }

  /** Whether the PBX has a contact of each of Divert's lines, and Divert knows. */
  async areLinesRegistered(): Promise<boolean> {
    const registered = this.#lines.map(async (line) => {
      const [contacts, { state }] = await Promise.all([
        this.kamailio.contacts(line),
        this.registrationOf(line),
      ]);
      return contacts.length > 0 && state === "registered";
    });
    return (await Promise.all(registered)).every(Boolean);
  }

  /** How a line stands, as Divert tells it. */
  async registrationOf(line: string): Promise<LineRegistration> {
    const { body } = await this.divert.ask("GET", `/api/lines/${line}`);
    return (body as { registration: LineRegistration }).registration;
  }

  /** Waits until Divert has refreshed a line's registration; `watch` sees how it stands meanwhile. */
  async refreshed(line: string, watch: (registration: LineRegistration) => void = () => {}): Promise<void> {
    const before = await this.registrationOf(line);
    await this.divert.until(async () => {
      const now = await this.registrationOf(line);
      watch(now);
      // What is left is told against the wall clock, which may differ by a millisecond from one time to the next.
      return Date.parse(now.expiresAt ?? "") - Date.parse(before.expiresAt ?? "") > 1000;
    });
  }

  /** A softphone of the line, registered at Divert. The caller closes it. */
  linePhone(line: string, transport: "udp" | "tcp" = "udp", toneHz?: number): Promise<Baresip> {
    const account = { username: line, password: phonePasswordOf(line) };
    return Baresip.start({
      ...account,
      address: loopbackAddress(),
      server: `${this.divertAddress}:5060`,
      transport,
      ...(toneHz !== undefined && { toneHz }),
    });
  }

  /** A softphone of the colleague at extension 100, registered at the PBX itself. The caller closes it. */
  colleaguePhone(toneHz?: number): Promise<Baresip> {
    const account = { username: colleague, password: passwordOf(colleague) };
    return Baresip.start({
      ...account,
      address: loopbackAddress(),
      server: `${this.pbx.address}:${this.pbx.port}`,
      ...(toneHz !== undefined && { toneHz }),
    });
  }

  /** sipp as the phone of a line, registered at Divert, that answers all calls alike. The caller closes it. */
  async sippPhone(line: string, callee: Partial<Callee> = {}): Promise<Sipp> {
    const phone = at(5060);
    const divert = { address: this.divertAddress, port: 5060 };
    // sipp fails at a challenge of SHA-256. From where it will be called: a phone is reached where it registered from.
    const socket = await RawDatagrams.open(divert, phone);
    const answer = await new TestPhone(socket, line, phonePasswordOf(line)).register();
    socket.close();
    if (answer?.status !== 200) throw new Error(`${answer?.status} for the phone of ${line}`);
    return startCallee({ name: line, status: 200, reason: "OK", ...callee }, phone, divert);
  }

  /**
   * So many customers call an extension, at once or so many a second, and ask for that once they are answered. Resolves with the final
   * status of each call when all are done.
   */
  async manyCallFromOutside(
    calls: number,
    extension: string,
    { asks = [], aSecond = calls }: { asks?: readonly InCallRequest[]; aSecond?: number } = {},
  ): Promise<readonly number[]> {
    const to = `sip:${mainNumber}${extension}@${domain}`;
    // Each from a number of its own: one caller who calls ten times in two seconds is taken for a loop.
    const caller = callerScenario({ from: "<sip:+49891234[call_number]@carrier.example>", to, asks });
    const pace = { calls, atOnce: calls, aSecond };
    const sipp = await Sipp.start(caller, { ...this.outside, port: 5064 }, this.pbx, pace);
    try {
      await sipp.finished();
      const answers = (await sipp.messages()).filter(
        ({ direction, text }) => direction === "received" && /^CSeq: *1 INVITE/im.test(text),
      );
      const finals = new Map<string | undefined, number>();
      for (const { startLine, text } of answers) {
        const status = Number(startLine.split(" ")[1]);
        if (status >= 200) finals.set(/^Call-ID: *(\S+)/im.exec(text)?.[1], status);
      }
      return [...finals.values()];
    } finally {
      await sipp.close();
    }
  }

  /** The colleague at extension 100 calls an extension, by name unless another From is given. */
  callFromInside(extension: string, from = `"Colleague" <sip:${colleague}@${domain}>`): Promise<CallReport> {
    return placeCall(
      {
        from,
        to: `sip:${extension}@${domain}`,
        credentials: { username: colleague, password: passwordOf(colleague) },
      },
      this.#inside,
      this.pbx,
    );
  }

  /** A customer calls an extension by the main number, and once answered asks for that, one after the other. */
  callFromOutside(
    extension: string,
    asks: readonly InCallRequest[] = [],
    more: Partial<Caller> = {},
  ): Promise<CallReport> {
    const to = `sip:${mainNumber}${extension}@${domain}`;
    return placeCall(
      { from: `<sip:${customer}@carrier.example>`, to, asks, ...more },
      { ...this.outside, port: 5064 },
      this.pbx,
    );
  }

  /** Another customer calls a line that rings; resolves when it does. */
  async ringFromOutside(extension: string): Promise<RingingCall> {
    const caller = await ScriptedPeer.open("UDP", 0, this.outside.address);
    const requestUri = `sip:${mainNumber}${extension}@${domain}`;
    const from = `<sip:+4989654321@carrier.example>;tag=${caller.tag}`;
    const invite = await caller.sends("INVITE", this.pbx, { requestUri, from });
    await caller.expects(180);
    return {
      giveUp: async () => {
        await caller.cancels(invite, this.pbx);
        await caller.acknowledges(invite, await caller.expects(487), this.pbx);
        await caller.close();
      },
    };
  }

  /** The INVITEs that reached the phone of an extension, or `trunk`, so far, as text. */
  async callsAt(target: string): Promise<string[]> {
    const invites = (await this.#phones.get(target)?.received("INVITE")) ?? [];
    return invites.map(({ text }) => text);
  }

  async #startPhones(extensions: readonly string[]): Promise<void> {
    const trunk = startCallee({ name: "trunk", status: 200, reason: "OK" }, this.outside, this.pbx);
    this.#phones.set("trunk", await trunk);
    for (const extension of extensions) {
      const phone = at(5060);
      const callee = { name: extension, status: 200, reason: "OK" };
      this.#phones.set(extension, await startCallee(callee, phone, this.pbx));
      const account = { username: extension, password: passwordOf(extension), domain };
      const contact = `sip:${extension}@${phone.address}:${phone.port}`;
      await register({ ...account, contact, expiresInSeconds: 300 }, { ...phone, port: 5062 }, this.pbx);
    }
  }
}

interface LineRegistration {
  readonly state: string;
  readonly expiresAt?: string;
}

type Parts = Pick<Office, "pbx" | "outside" | "divertAddress" | "kamailio" | "divert">;

function at(port: number): SippAddress {
  return { address: loopbackAddress(), port };
}

function passwordOf(extension: string): string {
  return `pw${extension}`;
}

function phonePasswordOf(line: string): string {
  return `phone-${line}`;
}

/** What Divert is told of the office. */
function configuration(
  {
    lines,
    linePhones = [],
    callWaiting = [],
    transport = "udp",
    expires,
    profile = "kamailio",
  }: OfficeOptions,
  pbx: SippAddress,
): object {
  const registrar = `sip:${pbx.address}:${pbx.port};transport=${transport}`;
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
    pbxs: [{ id: "hq", profile, site: "starnberg", registrar, domain, ...(expires && { expires }) }],
    groups: Object.entries(groups).map(([id, answers]) => ({ id, pbx: "hq", answers })),
    lines: Object.entries(lines).map(([id, group]) => ({
      id,
      group,
      username: id,
      password: passwordOf(id),
      callWaiting: callWaiting.includes(id),
      ...(linePhones.includes(id) && { phone: { username: id, password: phonePasswordOf(id) } }),
    })),
  };
}
