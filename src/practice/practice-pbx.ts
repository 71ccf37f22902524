import type { Result } from "../base/result.ts";
import { succeed } from "../base/result.ts";
import type { Flow, ListeningPoint, ServerTransaction, SipRequest, SipUri } from "../sip/user-agent.ts";
import { createResponse, parseSipUri, unescapeUser } from "../sip/user-agent.ts";
import { BridgedCall } from "./bridged-call.ts";
import type { BridgePorts } from "./bridged-call.ts";
import type { CallReport } from "./call-report.ts";
import type { PracticeCaller } from "./caller-naming.ts";
import { Extensions } from "./extensions.ts";
import { Gatekeeper } from "./gatekeeper.ts";
import { practiceSettings } from "./practice-settings.ts";
import type { PracticeExtension, PracticeSettings } from "./practice-settings.ts";
import { Registrar } from "./registrar.ts";
import { routeNumber } from "./routing.ts";
import { SipParty, answer, answerOther } from "./sip-party.ts";
import type { PartySurroundings } from "./sip-party.ts";

export interface PracticePbxOptions extends PartySurroundings {
  readonly listen: ListeningPoint;
  readonly domain: string;
  readonly extensions: readonly PracticeExtension[];
  readonly settings?: Partial<PracticeSettings>;
  /** Main number with country and area code: `+49815136856`. */
  readonly mainNumber?: string;
  /** Where the trunk leads; what comes from there is a call from outside and needs no password. */
  readonly trunk?: SipUri;
}

/**
 * A small PBX to practise with: registrar, call routing and trunk over a socket of its own, a back-to-back user agent as
 * most PBXs are. It carries no media and changes no call that is up: a re-INVITE is refused.
 */
export class PracticePbx {
  readonly #options: PracticePbxOptions;
  readonly #party: SipParty;
  readonly #extensions: Extensions;
  readonly #gatekeeper: Gatekeeper;
  readonly #registrar: Registrar;
  readonly #ports: BridgePorts;
  readonly #callListeners = new Set<(report: CallReport) => void>();
  readonly #registrationListeners = new Set<(extension: string, isRegistered: boolean) => void>();
  #settings: PracticeSettings;

  private constructor(options: PracticePbxOptions, party: SipParty) {
    const { clock, random, domain } = options;
    this.#options = options;
    this.#party = party;
    this.#settings = { ...practiceSettings, ...options.settings };
    this.#extensions = new Extensions(options.extensions);
    this.#gatekeeper = new Gatekeeper({
      clock,
      random,
      realm: domain,
      findPassword: (username) => this.#extensions.find(username)?.password,
    });
    this.#registrar = new Registrar(clock);
    this.#registrar.onChange = (extension, isRegistered) => {
      for (const listener of this.#registrationListeners) listener(extension, isRegistered);
    };
    this.#ports = this.#createPorts();
    party.onRequest = (transaction, request, flow) => this.#receive(transaction, request, flow);
  }

  /** The failure says why it cannot listen there. */
  static async open(options: PracticePbxOptions): Promise<Result<PracticePbx, string>> {
    const party = await SipParty.open(options.listen, options);
    return party.ok ? succeed(new PracticePbx(options, party.value)) : party;
  }

  /** Where it listens. */
  get uri(): SipUri {
    return this.#party.uri;
  }

  get settings(): PracticeSettings {
    return this.#settings;
  }

  /** Holds for calls from now on. */
  change(settings: Partial<PracticeSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
  }

  /** Adds an extension, or changes one. */
  setExtension(extension: PracticeExtension): void {
    this.#extensions.set(extension);
  }

  /** Whether calls can reach it. */
  isRegistered(extension: string): boolean {
    return this.#registrar.contactOf(extension) !== undefined;
  }

  /** Calls that an extension is in, ringing ones included. */
  callsOf(extension: string): number {
    return this.#extensions.callsOf(extension);
  }

  /** Loses all registrations, as after a restart. */
  forgetRegistrations(): void {
    this.#registrar.forgetAll();
  }

  /** Told of each call when it is answered or has failed. Returns the way to stop. */
  onCall(listener: (report: CallReport) => void): () => void {
    this.#callListeners.add(listener);
    return () => void this.#callListeners.delete(listener);
  }

  /** Told when an extension can be reached from now on, or no longer can. Returns the way to stop. */
  onRegistration(listener: (extension: string, isRegistered: boolean) => void): () => void {
    this.#registrationListeners.add(listener);
    return () => void this.#registrationListeners.delete(listener);
  }

  /** Leaves without a word. Idempotent. */
  close(): Promise<void> {
    return this.#party.close();
  }

  #createPorts(): BridgePorts {
    const { domain, trunk, mainNumber = "" } = this.#options;
    const plan = {
      directDial: mainNumber,
      outsideLine: "0",
      isExtension: (number: string) => this.#extensions.find(number) !== undefined,
    };
    return {
      party: this.#party,
      domain,
      settings: () => this.#settings,
      extensions: this.#extensions,
      route: (dialled) => routeNumber(dialled, plan),
      contactOf: (extension) => this.#registrar.contactOf(extension),
      trunk: () => trunk,
      report: (report) => {
        for (const listener of this.#callListeners) listener(report);
      },
    };
  }

  #receive(transaction: ServerTransaction, request: SipRequest, flow: Flow): void {
    if (request.method === "REGISTER") this.#receiveRegister(transaction, request);
    else if (request.method === "INVITE") this.#receiveInvite(transaction, request, flow);
    else answerOther(transaction, request);
  }

  #receiveRegister(transaction: ServerTransaction, request: SipRequest): void {
    const extension = this.#admit(transaction, request, "REGISTER");
    if (extension === undefined) return;
    // RFC 3261 §10.3: nobody registers for another.
    if (parseSipUri(request.to.uri)?.user !== extension) {
      answer(transaction, request, 403);
      return;
    }
    const { status, headers } = this.#registrar.register(extension, request);
    answer(transaction, request, status, headers);
  }

  #receiveInvite(transaction: ServerTransaction, request: SipRequest, flow: Flow): void {
    const dialled = request.uri?.user;
    if (dialled === undefined) {
      answer(transaction, request, 404);
      return;
    }
    const caller = this.#isTrunk(flow) ? outsideCaller(request) : this.#insideCaller(transaction, request);
    if (caller === undefined) return;
    transaction.respond(createResponse(request, 100));
    const incoming = this.#party.calls.take(transaction, request);
    new BridgedCall(this.#ports, incoming, caller, unescapeUser(dialled)).start();
  }

  #insideCaller(transaction: ServerTransaction, request: SipRequest): PracticeCaller | undefined {
    const extension = this.#admit(transaction, request, "INVITE");
    if (extension === undefined) return undefined;
    const name = this.#extensions.find(extension)?.name;
    return { origin: "inside", number: extension, ...(name === undefined ? {} : { name }) };
  }

  /** The extension whose password the request shows. Otherwise it is answered, and undefined is returned. */
  #admit(
    transaction: ServerTransaction,
    request: SipRequest,
    method: "REGISTER" | "INVITE",
  ): string | undefined {
    const admission = this.#gatekeeper.check(request, method);
    switch (admission.kind) {
      case "admitted":
        return admission.username;
      case "challenged":
        answer(transaction, request, admission.status, admission.headers);
        return undefined;
      case "refused":
        answer(transaction, request, 403);
        return undefined;
    }
  }

  #isTrunk({ remoteAddress, remotePort }: Flow): boolean {
    const { trunk } = this.#options;
    return trunk?.host === remoteAddress && trunk.port === remotePort;
  }
}

/** The trunk vouches for what stands in From. */
function outsideCaller(request: SipRequest): PracticeCaller {
  const user = parseSipUri(request.from.uri)?.user;
  return { origin: "outside", number: user === undefined ? "anonymous" : unescapeUser(user) };
}
