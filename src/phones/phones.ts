/** The phones of the lines: who they are, where they are reached, and that nobody else passes for one. */
import type { Clock, Timer } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { RandomSource } from "../base/random.ts";
import type { Result } from "../base/result.ts";
import type { Directory } from "../directory/directory.ts";
import type { Binding, Flow, Screening, ServerTransaction, SipRequest } from "../sip/user-agent.ts";
import { LocationRegistrar, createResponse } from "../sip/user-agent.ts";
import { Doorkeeper } from "./doorkeeper.ts";
import type { IdentityRefusal, PhoneIdentity } from "./doorkeeper.ts";
import { phoneContact } from "./phone-contact.ts";
import type { PhoneContact } from "./phone-contact.ts";
import { PhoneBook, flowName } from "./phone-book.ts";
import { Recents } from "./recents.ts";

export type { IdentityRefusal, PhoneIdentity } from "./doorkeeper.ts";
export type { PhoneContact } from "./phone-contact.ts";

export interface PhonesOptions {
  readonly directory: Pick<Directory, "findLineByPhone" | "findLine" | "hasPhones">;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly logger: Logger;
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
}

/** RFC 5626 §4.4.1: a NAT may forget a UDP flow after 30 s. */
const keepAliveMs = 25_000;
const keepAlive = Buffer.from("\r\n\r\n", "latin1");

/** How long a flow counts as a phone's that proved itself there and is not registered: longer than most calls. */
const recognisedMs = 4 * 3_600_000;
const mostRecognised = 10_000;

export class Phones {
  readonly #options: PhonesOptions;
  readonly #book: PhoneBook;
  readonly #registrar: LocationRegistrar;
  readonly #doorkeeper: Doorkeeper;
  readonly #proven: Recents;
  readonly #listeners = new Set<(lineId: string) => void>();
  /** The line of each user name that is registered: known still when the directory has forgotten it. */
  readonly #lines = new Map<string, string>();
  #keepAlive: Timer | undefined;

  constructor(options: PhonesOptions) {
    const { clock, random, logger, directory } = options;
    this.#options = options;
    this.#book = new PhoneBook(clock);
    this.#book.onChange = (username) => this.#changed(username);
    this.#registrar = new LocationRegistrar({ clock, locations: this.#book });
    this.#proven = new Recents(clock, recognisedMs, mostRecognised);
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
    return this.#bindingsOf(lineId)
      .map(([username, binding]) => phoneContact(username, binding))
      .sort((a, b) => b.q - a.q);
  }

  countOf(lineId: string): number {
    return this.#bindingsOf(lineId).length;
  }

  /** The same for people. */
  listOf(lineId: string): readonly RegisteredPhone[] {
    const { clock } = this.#options;
    const offset = clock.wallTime() - clock.now();
    return this.#bindingsOf(lineId).map(([, { contact, flow, userAgent, expiresAt }]) => ({
      contact,
      transport: flow.protocol,
      source: `${flow.remoteAddress}:${flow.remotePort}`,
      ...(userAgent !== undefined && { userAgent }),
      expiresAt: expiresAt + offset,
    }));
  }

  /** Whether a request comes by a flow that a registered phone holds, or by which one proved itself lately. */
  recognises(flow: Flow): boolean {
    return this.#book.holds(flow) || this.#proven.has(flowName(flow));
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
    if (identity.ok) this.#proven.add(flowName(flow));
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
    this.#lines.set(username, line.id);
    const { status, headers } = this.#registrar.register(username, request, flow);
    transaction.respond(createResponse(request, status, undefined, { toTag: transaction.localTag, headers }));
  }

  /** A connection closed. */
  flowClosed(flow: Flow): void {
    this.#proven.delete(flowName(flow));
    this.#book.flowClosed(flow);
  }

  /** The installation has changed: phones that are no line's any more are unbound. */
  sync(): void {
    for (const username of this.#book.usernames()) {
      const line = this.#options.directory.findLineByPhone(username);
      if (line === undefined || line.id !== this.#lines.get(username)) this.#book.keep(username, []);
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

  #bindingsOf(lineId: string): (readonly [string, Binding])[] {
    const username = this.#options.directory.findLine(lineId)?.phone?.username;
    if (username === undefined) return [];
    return this.#book.bindingsOf(username).map((binding) => [username, binding] as const);
  }

  #changed(username: string): void {
    const lineId = this.#lines.get(username);
    if (this.#book.bindingsOf(username).length === 0) this.#lines.delete(username);
    if (lineId !== undefined) for (const listener of this.#listeners) listener(lineId);
  }

  /** Over TCP the kernel probes; a NAT in front of a datagram's sender is kept open from here. */
  #startKeepAlive(): void {
    this.#keepAlive = this.#options.clock.after(keepAliveMs, () => {
      for (const binding of this.#book.all()) {
        if (!binding.flow.isReliable && phoneContact("", binding).flow !== undefined)
          binding.flow.send(keepAlive);
      }
      this.#startKeepAlive();
    });
  }
}
