import type { DigestClient } from "../auth/digest-client.ts";
import { Machine } from "../transaction/machine.ts";
import type { ContactAddress } from "./contact-address.ts";
import { RegisterExchange } from "./register-exchange.ts";
import type { RegisterAsk, RegisterVerdict } from "./register-exchange.ts";
import { askForTurn, figure } from "./registration-figure.ts";
import type { RegistrationInputs, RegistrationState } from "./registration-figure.ts";
import type { RegistrationFailure } from "./registration-failure.ts";
import type { Registrar } from "./registrar.ts";

export type { RegistrationState } from "./registration-figure.ts";

/** What users see of the states. */
export type RegistrationStatus =
  "unregistered" | "waiting" | "registering" | "registered" | "rejected" | "unregistering";

const statuses = {
  unregistered: "unregistered",
  waiting: "waiting",
  registering: "registering",
  registered: "registered",
  refreshing: "registered",
  querying: "registered",
  rejected: "rejected",
  leaving: "unregistering",
  unregistering: "unregistering",
} as const satisfies Record<RegistrationState, RegistrationStatus>;

/** However soon a registrar comes back: an account is not tried more often. */
const shortestRetryMs = 30_000;

/** What the registrar holds for us. */
export interface Binding {
  readonly address: ContactAddress;
  /** By the clock that never jumps. */
  readonly expiresAt: number;
  /** For how long it was granted. */
  readonly grantedSeconds: number;
  /** The registrar tells its bindings (RFC 3261 §10.3 has it so), so a query can find ours missing. */
  readonly isListed: boolean;
}

/** Who owns a registration: decides when it may send, and hears what it finds out. */
export interface RegistrationUser {
  /** `turn()` shall be called at that time or later. Replaces what was asked before. `isBound`: a binding is at stake. */
  wantsTurn(at: number, isBound: boolean): void;
  /** State, binding or failure are others than before. */
  changed(): void;
  /** The registrar saw us at another address than the Contact names. */
  seenElsewhere(address: ContactAddress): void;
  /** The registrar did not answer, or is unavailable; the request left at `sentAt`. */
  unanswered(failure: RegistrationFailure, sentAt: number): void;
  /** A query was answered. */
  bindingSeen(isPresent: boolean): void;
  /** `close` is done. */
  closed(): void;
}

export interface RegistrationAccount {
  /** SIP URI. */
  readonly addressOfRecord: string;
  /** Stable over restarts, so that a binding of the last run is replaced and not doubled. */
  readonly contactUser: string;
  readonly digest: DigestClient;
}

/**
 * Keeps one binding alive at a registrar (RFC 3261 §10.2). It has no timer: it says when it wants its turn, and its user
 * gives it one in time and at the pace that the registrar bears. That keeps a line small where there are 100,000.
 * Members marked "figure" are for the figure's actions alone.
 */
export class Registration {
  readonly registrar: Registrar;
  readonly user: RegistrationUser;
  readonly digest: DigestClient;
  readonly contactUser: string;
  readonly #addressOfRecord: string;
  readonly #callId: string;
  readonly #machine: Machine<RegistrationState, RegistrationInputs, Registration>;
  #exchange: RegisterExchange | undefined;
  /** By the wall clock, milliseconds. */
  #since: number;
  #toldStatus: RegistrationStatus = "unregistered";

  binding: Binding | undefined = undefined;
  /** Why the last try came to nothing; undefined after one that succeeded. */
  failure: RegistrationFailure | undefined = undefined;
  /** Figure: tries in a row that came to nothing. */
  failures = 0;
  /** Figure: when the next REGISTER is due. */
  dueAt: number;
  /** Figure: when the last request left. */
  sentAt = Number.NEGATIVE_INFINITY;
  /** Figure: the address that the last REGISTER named. */
  asked: ContactAddress | undefined = undefined;
  /** Figure: left-over bindings that the next REGISTER removes; undefined until the first answer tells of them. */
  strays: readonly string[] | undefined = undefined;
  /** For the exchange. */
  lastCSeq = 0;

  constructor(registrar: Registrar, account: RegistrationAccount, user: RegistrationUser) {
    this.registrar = registrar;
    this.user = user;
    this.digest = account.digest;
    this.contactUser = account.contactUser;
    this.#addressOfRecord = account.addressOfRecord;
    this.#callId = registrar.random.token(128);
    this.#machine = new Machine<RegistrationState, RegistrationInputs, Registration>(
      figure,
      "unregistered",
      this,
      this,
    );
    this.dueAt = registrar.clock.now();
    this.#since = registrar.clock.wallTime();
  }

  get state(): RegistrationState {
    return this.#machine.state;
  }

  /** The state in the words that users see. */
  get status(): RegistrationStatus {
    const status = statuses[this.state];
    return status === "registered" && !this.isBound ? "waiting" : status;
  }

  /** When the present status began, in milliseconds since 1970. */
  get since(): number {
    return this.#since;
  }

  /** A binding that has not expired: calls can come. */
  get isBound(): boolean {
    return this.binding !== undefined && this.registrar.clock.now() < this.binding.expiresAt;
  }

  /** A request has been sent and is not answered yet. */
  get isUnderWay(): boolean {
    return this.#exchange !== undefined;
  }

  /** Figure: a binding's end wants a turn too, be it to say that it is over. */
  get nextTurnAt(): number {
    return Math.min(this.dueAt, this.binding?.expiresAt ?? this.dueAt);
  }

  start(): void {
    this.handle("start", undefined);
  }

  /** Sends what is due. */
  turn(): void {
    this.#dropExpired();
    if (this.registrar.clock.now() >= this.dueAt) this.handle("turn", undefined);
  }

  /** Instead of a turn, while nothing may be sent: notices an expiry and comes again for that alone. */
  hold(): void {
    this.#dropExpired();
    if (this.binding !== undefined) this.user.wantsTurn(this.binding.expiresAt, true);
  }

  /** Brings the next try forward after failures, to no sooner than half a minute after the last. */
  hasten(): void {
    if (this.#exchange !== undefined || this.state === "unregistered") return;
    if (this.failure !== undefined) {
      const soonest = Math.max(this.registrar.clock.now(), this.sentAt + shortestRetryMs);
      this.dueAt = Math.min(this.dueAt, soonest);
    }
    askForTurn(this);
  }

  /** Tries at once, whatever time it would be; false when a request is under way already. */
  tryNow(): boolean {
    if (this.#exchange !== undefined) return false;
    this.dueAt = this.registrar.clock.now();
    this.turn();
    return this.isUnderWay;
  }

  /** Refreshes a binding as soon as its turn comes: its Contact may name an address where we are no longer. */
  renew(): void {
    if (this.#exchange !== undefined || this.binding === undefined) return;
    this.dueAt = this.registrar.clock.now();
    askForTurn(this);
  }

  /** RFC 3261 §10.2.3: asks for the binding; the answer comes as `bindingSeen`. False: it is not the time for it. */
  query(): boolean {
    return this.state === "registered" && this.handle("query", undefined);
  }

  /** The registrar has lost its bindings. */
  loseBinding(): void {
    this.handle("binding lost", undefined);
  }

  /** Removes the binding; `closed` is told when that is done, at once where there is none. */
  close(): void {
    if (this.state === "unregistered") this.user.closed();
    else this.handle("close", undefined);
  }

  /** Lets go without a word to the registrar. */
  abandon(): void {
    this.#exchange?.abandon();
    this.#exchange = undefined;
  }

  /** Figure. */
  handle<Event extends keyof RegistrationInputs>(event: Event, input: RegistrationInputs[Event]): boolean {
    return this.#machine.handle(event, input);
  }

  /** Figure: begins the one request that may be under way. */
  exchange(contacts: RegisterAsk["contacts"], expiresInSeconds: number | undefined): void {
    this.sentAt = this.registrar.clock.now();
    this.#exchange = new RegisterExchange(this.registrar, this, {
      addressOfRecord: this.#addressOfRecord,
      callId: this.#callId,
      contacts,
      ...(expiresInSeconds === undefined ? undefined : { expiresInSeconds }),
    });
    this.#exchange.start();
  }

  /** For the exchange. */
  judged(verdict: RegisterVerdict): void {
    this.#exchange = undefined;
    if (verdict.kind === "accepted") this.handle("accepted", verdict);
    else this.handle(verdict.kind, verdict.failure);
  }

  /** For the machine. */
  entered(): void {
    const { status } = this;
    if (status === this.#toldStatus) return;
    this.#toldStatus = status;
    this.#since = this.registrar.clock.wallTime();
    this.user.changed();
  }

  /** For the machine: what comes too late or too early changes nothing. */
  ignored(): void {}

  #dropExpired(): void {
    if (this.binding !== undefined && !this.isBound) this.handle("expired", undefined);
  }
}
