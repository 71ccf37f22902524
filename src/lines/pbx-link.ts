import { isIP } from "node:net";
import type { Clock, Timer } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { RandomSource } from "../base/random.ts";
import type { PbxConfiguration } from "../pbx/pbx-configuration.ts";
import type { Profile } from "../pbx/profile.ts";
import type {
  ContactAddress,
  Flow,
  Registrar,
  RegistrationFailure,
  RequestSender,
} from "../sip/user-agent.ts";
import { isSameAddress } from "../sip/user-agent.ts";
import type { CallWay } from "./call-way.ts";
import { AcceptedAddresses } from "./accepted-addresses.ts";
import type { ResolveAddresses } from "./accepted-addresses.ts";
import { LineRegistration } from "./line-registration.ts";
import type { LineAccount } from "./line-registration.ts";
import { Probe } from "./probe.ts";
import { KeepAlive } from "./keep-alive.ts";
import { RegisterPace } from "./register-pace.ts";
import { addressOfRecord, registrarPlace } from "./registrar-place.ts";
import type { RegistrarPlace } from "./registrar-place.ts";
import { Sentinels } from "./sentinels.ts";
import { TurnQueue } from "./turn-queue.ts";

/** What lines need of the SIP core and of the machine. */
export interface LinePorts {
  readonly sender: RequestSender;
  readonly resolveAddresses: ResolveAddresses;
  /** Where the other end of a path reaches us, as far as we know ourselves. */
  readonly contactAddress: (flow: Flow) => ContactAddress;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly logger: Logger;
  /** For the User-Agent header. */
  readonly userAgent?: string;
}

export interface PbxView {
  readonly state: "starting" | "up" | "down";
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Why it is thought to be down. */
  readonly failure?: RegistrationFailure;
  /** Where it sees us, if that is not where we are: there is an address translation in between. */
  readonly seenAt?: ContactAddress;
}

/** How often names are asked for again; the resolver's cache minds their TTL. */
const resolveMs = 30_000;
/** Two public addresses that take turns (a NAT with a mapping per server) are followed no more often than this. */
const addressChangeMs = 60_000;
/** A line that is accepted again may speak for the others that were refused, but not for each of 100,000 anew. */
const acceptsAgainMs = 30_000;
/** Of a binding's time, what may pass until its refresh has its turn. */
const refreshShare = 0.75;

/**
 * All lines at one PBX: from where it may speak to us, at what pace they register, and whether it is there at all.
 *
 * It begins with one line alone; the others follow, at the pace, once the PBX has answered that one. When a request goes
 * unanswered and nothing else has been answered since it left, the PBX is down: one line at a time tries it, and all are
 * released when it answers.
 */
export class PbxLink {
  readonly configuration: PbxConfiguration;
  readonly profile: Profile;
  readonly queue: TurnQueue;
  readonly #ports: LinePorts;
  readonly #logger: Logger;
  readonly #pace: RegisterPace;
  readonly #accepted: AcceptedAddresses;
  readonly #place: RegistrarPlace;
  readonly #registrar: Registrar;
  readonly #sentinels: Sentinels;
  readonly #probe: Probe;
  readonly #keepAlive: KeepAlive;
  readonly #registrations = new Set<LineRegistration>();
  readonly #onChange: () => void;
  #state: PbxView["state"] = "starting";
  #since: number;
  #failure: RegistrationFailure | undefined;
  #answeredAt = Number.NEGATIVE_INFINITY;
  #resolveTimer: Timer | undefined;
  #connection: Flow | undefined;
  #publicAddress: { readonly address: ContactAddress; readonly since: number } | undefined;
  #acceptedAgainAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;
  #onEmpty: (() => void) | undefined;

  constructor(configuration: PbxConfiguration, profile: Profile, ports: LinePorts, onChange: () => void) {
    this.configuration = configuration;
    this.profile = profile;
    this.#ports = ports;
    this.#onChange = onChange;
    this.#logger = ports.logger.child({ pbx: configuration.id });
    this.#pace = new RegisterPace(profile.registerRate, ports.clock);
    this.queue = new TurnQueue(ports.clock, this.#pace);
    this.#since = ports.clock.wallTime();

    const { clock, random } = ports;
    this.#place = registrarPlace(configuration);
    this.#accepted = new AcceptedAddresses(
      configuration.addresses,
      this.#place.names,
      ports.resolveAddresses,
    );
    this.#registrar = this.#makeRegistrar();
    // A PBX may have come back elsewhere, so its names are looked up before each try.
    const lines = this.#registrations;
    this.#probe = new Probe({ clock, random, lines, prepare: () => this.#resolve() });
    const { keepAlive: kind, keepAliveSeconds: everySeconds } = profile;
    this.#keepAlive = new KeepAlive({ kind, everySeconds, clock, random });
    this.#sentinels = new Sentinels({
      clock,
      random,
      registrations: () => this.#registrations,
      onLost: () => this.#lostBindings(),
      onUseless: () =>
        this.#logger.warn(
          {},
          "bindings are missing again and again right after they were made; the PBX is not asked for them any more",
        ),
    });
  }

  /** Looks up the PBX's names and begins. */
  start(): void {
    this.#probe.send();
    this.#keepResolved();
  }

  get view(): PbxView {
    const seenAt = this.#publicAddress?.address;
    return {
      state: this.#state,
      since: this.#since,
      ...(this.#failure !== undefined && { failure: this.#failure }),
      ...(seenAt !== undefined && { seenAt }),
    };
  }

  /** How many lines it has. */
  get size(): number {
    return this.#registrations.size;
  }

  /** Whether what came by this path may come from the PBX. */
  isAcceptedSource(flow: Flow): boolean {
    return this.isAcceptedAddress(flow.remoteAddress) || (flow === this.#connection && flow.isOpen);
  }

  /** Whether the PBX may speak to us from that address. */
  isAcceptedAddress(address: string): boolean {
    return this.#accepted.has(address);
  }

  /** A connection has closed. */
  flowClosed(flow: Flow): void {
    if (flow !== this.#connection) return;
    this.#connection = undefined;
    if (!this.#isClosed) this.#sentinels.hurry();
  }

  /** Whether that host is one of its names, or an address of its and that port its registrar's or proxy's. */
  isAt(host: string, port: number): boolean {
    const { hosts, names } = this.#place;
    const address = host.replace(/^\[|\]$/g, "");
    if (isIP(address) === 0) return hosts.has(host);
    if (!this.#accepted.has(address)) return false;
    return names.some((name) =>
      name.port === undefined ? port === 5060 || port === 5061 : port === name.port,
    );
  }

  /** Takes an account in; `start` on what is returned registers it. */
  hold(account: LineAccount, onChange: () => void): LineRegistration {
    const held = new LineRegistration(this, account, onChange);
    this.#registrations.add(held);
    return held;
  }

  /** Lets an account go: with a word to the PBX where there is one to hear it, or `silently` where another replaces it. */
  release(held: LineRegistration, how: "deregister" | "silently"): void {
    if (how === "deregister" && this.#state === "up") held.leave();
    else this.forget(held);
  }

  /**
   * De-registers all at the pace, for at most that long; what is left then runs out by itself. Resolves when the last
   * answer is there. Idempotent.
   */
  async close(withinMs: number): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#probe.stop();
    this.#resolveTimer?.cancel();
    this.#sentinels.stop();
    this.#keepAlive.stop();
    for (const held of [...this.#registrations]) this.release(held, "deregister");
    if (this.#registrations.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = this.#ports.clock.after(withinMs, resolve);
        this.#onEmpty = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    if (this.#registrations.size > 0) {
      this.#logger.warn({ lines: this.#registrations.size }, "no time left to de-register these lines");
    }
    for (const held of [...this.#registrations]) this.forget(held);
    this.queue.close();
  }

  /** For its lines: what their registrations share. */
  registrationTerms(username: string): { registrar: Registrar; addressOfRecord: string; realm?: string } {
    const { domain, realm } = this.configuration;
    const terms = {
      registrar: this.#registrar,
      addressOfRecord: addressOfRecord(this.#place, domain, username),
    };
    return realm === undefined ? terms : { ...terms, realm };
  }

  /** For its lines: one has come and wants to register. */
  joined(): void {
    if (this.#state === "starting") this.#probe.send();
  }

  /** For its lines: this one is gone. */
  forget(held: LineRegistration): void {
    held.abandon();
    this.#registrations.delete(held);
    if (this.#probe.awaits(held)) this.#probe.sendLater(0);
    if (this.#registrations.size === 0) this.#onEmpty?.();
  }

  /** For its lines: a request was not answered, or with 503. */
  unanswered(held: LineRegistration, failure: RegistrationFailure, sentAt: number): void {
    // Others were answered since: it is that account's own trouble, and its own back-off.
    if (this.#state === "up" && this.#answeredAt >= sentAt) return;
    if (this.#state === "down" && !this.#probe.awaits(held)) return;
    this.#isDown(failure);
  }

  /** For its lines: a refused one was taken again. */
  acceptsAgain(): void {
    const now = this.#ports.clock.now();
    if (now - this.#acceptedAgainAt < acceptsAgainMs) return;
    this.#acceptedAgainAt = now;
    for (const { registration } of this.#registrations) {
      if (registration.status === "rejected") registration.hasten();
    }
  }

  /** For its lines: the PBX saw this one at another address than its Contact named. */
  seenElsewhere(held: LineRegistration, address: ContactAddress): void {
    const known = this.#publicAddress;
    const now = this.#ports.clock.now();
    if (known !== undefined && isSameAddress(known.address, address)) {
      held.registration.renew();
      return;
    }
    if (known !== undefined && now - known.since < addressChangeMs) return;
    this.#publicAddress = { address, since: now };
    this.#logger.info({ host: address.host, port: address.port }, "PBX sees this server at another address");
    for (const { registration } of this.#registrations) registration.renew();
  }

  /** For its lines: a sentinel was told whether its binding is there. */
  bindingSeen(isPresent: boolean): void {
    this.#sentinels.bindingSeen(isPresent);
  }

  /** For its lines: how a call leaves. */
  wayFor(username: string): CallWay {
    const { uri, nextHop = uri, proxy = nextHop, route } = this.#place;
    const connection = this.#connection;
    return {
      addressOfRecord: addressOfRecord(this.#place, this.configuration.domain, username),
      nextHop: proxy,
      route: route === undefined ? [] : [["Route", route]],
      ...(connection?.isOpen === true && { connection: { isOnly: false, flow: connection } as const }),
    };
  }

  /** For its lines: where the other end of a path reaches us, as the PBX sees it. */
  contactAddress(flow: Flow): ContactAddress {
    return this.#contactAddress(flow);
  }

  #makeRegistrar(): Registrar {
    const { sender, clock, random, userAgent } = this.#ports;
    const { uri, nextHop, proxy, route, hosts } = this.#place;
    return {
      uri,
      ...(nextHop === undefined ? undefined : { nextHop }),
      ...(proxy === undefined ? undefined : { proxy }),
      ...(route === undefined ? undefined : { route }),
      ...(userAgent === undefined ? undefined : { userAgent }),
      expiresInSeconds: this.profile.expires,
      sender,
      clock,
      random,
      contactAddress: (flow) => this.#contactAddress(flow),
      isAcceptedSource: (flow) => this.isAcceptedSource(flow),
      isAcceptedHost: ({ host }) => hosts.has(host) || this.#accepted.has(host.replace(/^\[|\]$/g, "")),
      sent: () => this.#pace.charge(),
      answered: (flow) => this.#answered(flow),
    };
  }

  #contactAddress(flow: Flow): ContactAddress {
    const own = this.#ports.contactAddress(flow);
    const seen = this.#publicAddress?.address;
    return seen !== undefined && seen.transport === own.transport ? seen : own;
  }

  #answered(flow: Flow): void {
    this.#answeredAt = this.#ports.clock.now();
    if (this.#isClosed) return;
    if (this.#accepted.has(flow.remoteAddress)) {
      if (flow.isReliable) this.#connection = flow;
      this.#keepAlive.follow(flow);
    }
    if (this.#state === "up") return;
    const wasDown = this.#state === "down";
    this.#enter("up", undefined);
    this.#probe.stop();
    this.#logger.info({ lines: this.#registrations.size }, "PBX answers");
    this.#warnOfPace();
    for (const { registration } of this.#registrations) {
      // Who can ask for its binding will; of the others nobody knows what the PBX has kept.
      if (wasDown && registration.binding?.isListed === false) registration.renew();
      registration.hasten();
    }
    this.queue.resume();
    this.#sentinels.start();
  }

  #isDown(failure: RegistrationFailure): void {
    if (this.#isClosed) return;
    if (this.#state !== "down") {
      this.#enter("down", failure);
      this.queue.pause();
      this.#sentinels.stop();
      this.#logger.warn({ reason: failure.code, detail: failure.detail }, "PBX does not answer");
    }
    this.#probe.sendLater(failure.retryAfterMs ?? 0);
  }

  #lostBindings(): void {
    this.#logger.warn(
      { lines: this.#registrations.size },
      "PBX has lost its bindings; all lines register anew",
    );
    for (const { registration } of this.#registrations) registration.loseBinding();
  }

  async #resolve(): Promise<boolean> {
    const resolved = await this.#accepted.refresh();
    if (this.#isClosed) return false;
    if (!resolved.ok) this.#isDown({ code: "unreachable", detail: resolved.failure });
    return resolved.ok;
  }

  #keepResolved(): void {
    this.#resolveTimer = this.#ports.clock.after(resolveMs, () => {
      void this.#accepted.refresh();
      this.#keepResolved();
    });
  }

  #enter(state: PbxView["state"], failure: RegistrationFailure | undefined): void {
    this.#state = state;
    this.#failure = failure;
    this.#since = this.#ports.clock.wallTime();
    this.#onChange();
  }

  /** Lines whose refreshes alone need more than the pace will lose their bindings in turn: better said than wondered at. */
  #warnOfPace(): void {
    const { registerRate, expires } = this.profile;
    const needed = Math.ceil(this.#registrations.size / (expires * refreshShare));
    if (needed <= registerRate) return;
    this.#logger.warn(
      { lines: this.#registrations.size, registerRate, expires, needed },
      "registerRate is too low for so many lines: raise it, or expires",
    );
  }
}
