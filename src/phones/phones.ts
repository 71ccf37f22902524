/** The phones of the lines: who they are, where they are reached, and that nobody else passes for one. */
import type { Clock, Timer } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { RandomSource } from "../base/random.ts";
import type { Result } from "../base/result.ts";
import type { Directory } from "../directory/directory.ts";
import type {
  Binding,
  Flow,
  OwnWay,
  Screening,
  ServerTransaction,
  SipRequest,
  SipUri,
} from "../sip/user-agent.ts";
import { LocationRegistrar, createResponse, parseSipUri, readContacts } from "../sip/user-agent.ts";
import { Doorkeeper } from "./doorkeeper.ts";
import type { IdentityRefusal, PhoneIdentity } from "./doorkeeper.ts";
import { PhoneBook } from "./phone-book.ts";
import { bindingsToRing } from "./phone-contact.ts";
import type { PhoneContact } from "./phone-contact.ts";
import { flowToPhone, namesServer, needsKeepAlive } from "./phone-flow.ts";
import { PhoneWay, deviceOf } from "./phone-way.ts";
import type { Device, PhoneWayPorts } from "./phone-way.ts";
import { warningsOf } from "./phone-warnings.ts";
import type { PhoneWarning } from "./phone-warnings.ts";
import { ProvenFlows } from "./proven-flows.ts";

export type { IdentityRefusal, PhoneIdentity } from "./doorkeeper.ts";
export type { PhoneContact } from "./phone-contact.ts";

export interface PhonesOptions {
  readonly directory: Pick<Directory, "findLineByPhone" | "findLine" | "hasPhones" | "setupOf">;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly logger: Logger;
  /** From the socket of a datagram's flow to another port at its other end. */
  readonly toPort: (flow: Flow, port: number) => Flow;
  /** Whether a PBX, or Divert itself, is at that host and port: no phone is. */
  readonly isServer: (host: string, port: number) => boolean;
  /** Whether that PBX may speak to us from the other end of a flow. */
  readonly isPbxAt: (pbxId: string, flow: Flow) => boolean;
  /** Somebody was banned for guessing passwords. */
  readonly onBanned?: () => void;
}

/** A phone that is registered, as people are told. */
export interface RegisteredPhone {
  readonly contact: string;
  readonly transport: string;
  /** Where it was heard from: address and port. */
  readonly source: string;
  readonly userAgent?: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** Why its calls may be silent. */
  readonly warnings: readonly PhoneWarning[];
}

/** RFC 5626 §4.4.1: a NAT may forget a UDP flow after 30 s. */
const keepAliveMs = 25_000;
const keepAlive = Buffer.from("\r\n\r\n", "latin1");

/** How long a flow counts as a phone's that proved itself there and is not registered: longer than most calls. */
const recognisedMs = 4 * 3_600_000;
const mostRecognised = 10_000;

/** What a phone's registration rests on. */
interface Account {
  readonly lineId: string;
  readonly password: string | undefined;
}

export class Phones {
  readonly #options: PhonesOptions;
  readonly #book: PhoneBook;
  readonly #registrar: LocationRegistrar;
  readonly #doorkeeper: Doorkeeper;
  readonly #proven: ProvenFlows;
  readonly #wayPorts: PhoneWayPorts;
  readonly #listeners = new Set<(lineId: string) => void>();
  /** By user name, as what it was proved that the phone is this line's. */
  readonly #accounts = new Map<string, Account>();
  #keepAlive: Timer | undefined;

  constructor(options: PhonesOptions) {
    const { clock, random, logger, directory } = options;
    this.#options = options;
    this.#book = new PhoneBook(clock);
    this.#book.onChange = (username) => this.#changed(username);
    this.#registrar = new LocationRegistrar({ clock, locations: this.#book });
    this.#proven = new ProvenFlows(clock, recognisedMs, mostRecognised);
    this.#wayPorts = {
      bindingsOf: (username) => this.#book.bindingsOf(username),
      flowOf: (binding) => flowToPhone(binding, options.toPort),
      hasProven: (username, flow) => this.#proven.hasOf(username, flow),
    };
    this.#doorkeeper = new Doorkeeper({
      clock,
      random,
      findLineByPhone: (username) => directory.findLineByPhone(username),
      isBound: (username, flow) => this.#book.holdsFor(username, flow),
      isHome: (address) => this.#book.isHome(address),
      onBanned: (ban) => {
        logger.warn({ ...ban }, "banned for guessing the passwords of phones");
        options.onBanned?.();
      },
    });
    this.#startKeepAlive();
  }

  /** Whether any line has a phone: without one nobody is asked for a password. */
  get exist(): boolean {
    return this.#options.directory.hasPhones;
  }

  /** The phones of a line that are registered now, the most preferred first. */
  contactsOf(lineId: string): readonly PhoneContact[] {
    const phoneUsername = this.#options.directory.findLine(lineId)?.phone?.username;
    if (phoneUsername === undefined) return [];
    return bindingsToRing(this.#book.bindingsOf(phoneUsername)).map((binding) => {
      const { uri, q, flow } = binding;
      return { uri, way: this.#wayTo(phoneUsername, binding, flow), phoneUsername, q };
    });
  }

  /** The way back to a phone that proved itself with this request, for as long as its call is up. */
  wayBack(username: string, request: SipRequest, flow: Flow): OwnWay {
    const uri = contactUris(request)[0];
    if (uri === undefined) return this.#wayTo(username, undefined, flow);
    const device = deviceOf(this.#book.bindingsOf(username), uri, flow);
    return this.#wayTo(username, device, flowToPhone({ uri, flow }, this.#options.toPort));
  }

  countOf(lineId: string): number {
    return this.#bindingsOf(lineId).length;
  }

  /** The same for people. */
  listOf(lineId: string): readonly RegisteredPhone[] {
    const { clock } = this.#options;
    const offset = clock.wallTime() - clock.now();
    return this.#bindingsOf(lineId).map(({ contact, uri, flow, userAgent, expiresAt }) => ({
      contact,
      warnings: this.#warningsOf(lineId, uri, flow),
      transport: flow.protocol,
      source: `${flow.remoteAddress}:${flow.remotePort}`,
      ...(userAgent !== undefined && { userAgent }),
      expiresAt: expiresAt + offset,
    }));
  }

  /** Whether a request comes by a flow that a registered phone holds, or by which one proved itself lately. */
  recognises(flow: Flow): boolean {
    return this.#book.holds(flow) || this.#proven.has(flow);
  }

  /** Whether a request answers a fresh challenge that was sent to where it comes from, rightly or not. */
  answersChallenge(request: SipRequest, flow: Flow): boolean {
    return this.#doorkeeper.answersChallenge(request, flow);
  }

  /** What becomes of a REGISTER or INVITE outside a dialog before a transaction is made for it. */
  screen(request: SipRequest, flow: Flow): Screening {
    const refusal = this.#doorkeeper.screen(request, flow);
    if (refusal === undefined) return { verdict: "accept" };
    const { status, headers } = refusal;
    return status === "silence" ? { verdict: "drop" } : { verdict: "answer", status, headers };
  }

  /** Judges the credentials of a request outside a dialog. To be asked once a transaction: a nonce count holds once. */
  identify(request: SipRequest, flow: Flow): Result<PhoneIdentity, IdentityRefusal> {
    const identity = this.#doorkeeper.identify(request, flow);
    if (identity.ok) {
      const { line, username } = identity.value;
      this.#proven.add(username, flow);
      this.#accounts.set(username, accountOf(line));
    }
    return identity;
  }

  /** Answers what did not prove whose it is. */
  refuse(transaction: ServerTransaction, request: SipRequest, { status, headers }: IdentityRefusal): void {
    if (status === "silence") transaction.abandon();
    else
      transaction.respond(
        createResponse(request, status, undefined, { toTag: transaction.localTag, headers }),
      );
  }

  /** Answers a REGISTER. */
  receiveRegister(transaction: ServerTransaction, request: SipRequest, flow: Flow): void {
    const identity = this.identify(request, flow);
    if (!identity.ok) {
      this.refuse(transaction, request, identity.failure);
      return;
    }
    const { line, username } = identity.value;
    const server = contactUris(request).find((uri) => namesServer(uri, flow, this.#options.isServer));
    if (server !== undefined) {
      const { logger } = this.#options;
      logger.info(
        { line: line.id, host: server.host },
        "a phone wants to be reached where a PBX or Divert is",
      );
      transaction.respond(createResponse(request, 403, undefined, { toTag: transaction.localTag }));
      return;
    }
    const before = new Set(this.#book.bindingsOf(username).map(({ contact }) => contact));
    const { status, headers } = this.#registrar.register(username, request, flow);
    for (const binding of this.#book.bindingsOf(username))
      if (!before.has(binding.contact)) this.#warn(line.id, binding);
    transaction.respond(createResponse(request, status, undefined, { toTag: transaction.localTag, headers }));
  }

  /** A connection closed. */
  flowClosed(flow: Flow): void {
    this.#proven.forgetFlow(flow);
    this.#book.flowClosed(flow);
  }

  /**
   * The installation has changed: a phone that is the line's no more, or has another password now, has to prove itself
   * anew. A call that it has goes on.
   */
  sync(): void {
    for (const [username, account] of this.#accounts) {
      const line = this.#options.directory.findLineByPhone(username);
      const isSame = line?.id === account.lineId && line.phone?.password === account.password;
      if (isSame) continue;
      this.#proven.forgetUser(username);
      this.#book.keep(username, []);
      this.#accounts.delete(username);
    }
  }

  /** Tells when a line's phones have changed. Returns the way to stop. */
  onChange(listener: (lineId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Idempotent. */
  close(): void {
    this.#keepAlive?.cancel();
    this.#book.close();
  }

  #bindingsOf(lineId: string): readonly Binding[] {
    const username = this.#options.directory.findLine(lineId)?.phone?.username;
    return username === undefined ? [] : this.#book.bindingsOf(username);
  }

  #warningsOf(lineId: string, { host: contactHost }: SipUri, flow: Flow): PhoneWarning[] {
    const setup = this.#options.directory.setupOf(lineId);
    if (setup === undefined) return [];
    return warningsOf({
      protocol: flow.protocol,
      contactHost,
      sourceAddress: flow.remoteAddress,
      webrtcMedia: setup.profile.webrtcMedia,
      isBesidePbx: this.#options.isPbxAt(setup.pbx.id, flow),
    });
  }

  /** Once for each binding, when it is made. */
  #warn(lineId: string, { uri, flow }: Binding): void {
    for (const { code, message } of this.#warningsOf(lineId, uri, flow)) {
      const fields = { line: lineId, transport: flow.protocol, warning: code, reason: message };
      this.#options.logger.warn(fields, "a phone whose calls may be silent");
    }
  }

  #wayTo(username: string, device: Device | undefined, flow: Flow): OwnWay {
    return new PhoneWay(this.#wayPorts, username, device, flow);
  }

  #changed(username: string): void {
    const lineId = this.#accounts.get(username)?.lineId;
    if (lineId !== undefined) for (const listener of this.#listeners) listener(lineId);
  }

  /** Over TCP the kernel probes; a NAT in front of a datagram's sender is kept open from here. */
  #startKeepAlive(): void {
    this.#keepAlive = this.#options.clock.after(keepAliveMs, () => {
      for (const binding of this.#book.all()) if (needsKeepAlive(binding)) binding.flow.send(keepAlive);
      this.#startKeepAlive();
    });
  }
}

function accountOf({ id, phone }: PhoneIdentity["line"]): Account {
  return { lineId: id, password: phone?.password };
}

function contactUris(request: SipRequest): SipUri[] {
  const contacts = readContacts(request);
  if (contacts === undefined || contacts === "*") return [];
  return contacts.map(({ uri }) => parseSipUri(uri)).filter((uri) => uri !== undefined);
}
