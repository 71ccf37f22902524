import type { ContactAddress, RegistrationFailure, RegistrationUser } from "../sip/user-agent.ts";
import { DigestClient, Registration } from "../sip/user-agent.ts";
import type { PbxLink } from "./pbx-link.ts";
import type { Waiting } from "./turn-queue.ts";

/** What a line registers with. */
export interface LineAccount {
  readonly username: string;
  readonly authUsername: string;
  readonly password: string;
  readonly contactToken: string;
}

/** A line's registration at one PBX: between the protocol, which says when it wants to send, and the link, which lets it. */
export class LineRegistration implements RegistrationUser, Waiting {
  readonly account: LineAccount;
  readonly registration: Registration;
  readonly #link: PbxLink;
  readonly #onChange: () => void;
  #wasRejected = false;
  #isLeaving = false;
  /** For the queue. */
  dueAt = 0;
  place = -1;

  constructor(link: PbxLink, account: LineAccount, onChange: () => void) {
    this.account = account;
    this.#link = link;
    this.#onChange = onChange;
    const { addressOfRecord, realm, registrar } = link.registrationTerms(account.username);
    const { random } = registrar;
    const credentials = { username: account.authUsername, password: account.password };
    const digest = new DigestClient(realm === undefined ? credentials : { ...credentials, realm }, random);
    this.registration = new Registration(
      registrar,
      { addressOfRecord, contactUser: account.contactToken, digest },
      this,
    );
  }

  start(): void {
    this.registration.start();
    this.#link.joined();
  }

  /** It is to go, by a request to the PBX when its turn comes. */
  leave(): void {
    this.#isLeaving = true;
    if (this.registration.binding === undefined && !this.registration.isUnderWay) this.registration.close();
    else this.#link.queue.schedule(this, this.registration.registrar.clock.now(), false);
  }

  /** It is gone: nothing is sent any more, and nothing that comes is heard. */
  abandon(): void {
    this.#isLeaving = true;
    this.#link.queue.remove(this);
    this.registration.abandon();
  }

  takeTurn(): void {
    if (this.#isLeaving) this.registration.close();
    else this.registration.turn();
  }

  turnHeld(): void {
    if (this.#isLeaving) this.#link.forget(this);
    else this.registration.hold();
  }

  wantsTurn(at: number, isBound: boolean): void {
    if (!this.#isLeaving) this.#link.queue.schedule(this, at, isBound);
  }

  changed(): void {
    const { status } = this.registration;
    if (status === "rejected") this.#wasRejected = true;
    if (status === "registered" && this.#wasRejected) {
      this.#wasRejected = false;
      this.#link.acceptsAgain();
    }
    this.#onChange();
  }

  seenElsewhere(address: ContactAddress): void {
    this.#link.seenElsewhere(this, address);
  }

  unanswered(failure: RegistrationFailure, sentAt: number): void {
    this.#link.unanswered(this, failure, sentAt);
  }

  bindingSeen(isPresent: boolean): void {
    this.#link.bindingSeen(isPresent);
  }

  closed(): void {
    this.#link.forget(this);
  }
}
