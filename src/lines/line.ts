import type { Result } from "../base/result.ts";
import type { LineConfiguration, LineGroup } from "../directory/installation.ts";
import type { AuthenticationFailure, Flow, SipRequest, SipResponse } from "../sip/user-agent.ts";
import { contactUri } from "../sip/user-agent.ts";
import type { CallWay } from "./call-way.ts";
import type { LineRegistration } from "./line-registration.ts";
import type { PbxLink } from "./pbx-link.ts";
import { viewRegistration } from "./registration-view.ts";
import type { RegistrationView } from "./registration-view.ts";

/** A line as it is configured, with the token that its Contact carries. */
export interface HeldLineConfiguration extends LineConfiguration {
  /** Random, unique, the same over restarts. */
  readonly contactToken: string;
}

/** A call of a line: it rings or talks and makes the line busy, or passes through and does not. */
export interface CallInProgress {
  /** Whether it is among `callsInProgress` as long as it has not ended, were all calls counted. */
  readonly makesBusy: boolean;
  /** How many calls it is for the PBX: a relayed one comes and goes out again. */
  readonly callsAtPbx: number;
  /** It was answered. */
  establish(): void;
  /** Idempotent. */
  end(): void;
}

/** One line as it runs: its registration, and which calls it has. Outlives changes of its configuration. */
export class Line {
  readonly id: string;
  readonly #onChange: (line: Line) => void;
  #configuration: HeldLineConfiguration;
  #group: LineGroup;
  #link: PbxLink;
  #held: LineRegistration;
  #calls = 0;
  #establishedCalls = 0;
  #callsAtPbx = 0;
  #relayedToOutside = 0;

  constructor(
    configuration: HeldLineConfiguration,
    group: LineGroup,
    link: PbxLink,
    onChange: (line: Line) => void,
  ) {
    this.id = configuration.id;
    this.#configuration = configuration;
    this.#group = group;
    this.#link = link;
    this.#onChange = onChange;
    this.#held = this.#hold();
  }

  get configuration(): HeldLineConfiguration {
    return this.#configuration;
  }

  get group(): LineGroup {
    return this.#group;
  }

  get pbxId(): string {
    return this.#link.configuration.id;
  }

  get registration(): RegistrationView {
    return viewRegistration(this.#held.registration);
  }

  /** By what the PBX has asked for the line's password; undefined: it never did. */
  get digest(): { readonly realm: string; readonly algorithm: string } | undefined {
    return this.#held.registration.digest.answered;
  }

  /** Calls that make the line busy, as its group counts them. */
  get callsInProgress(): number {
    return this.#group.busyCounts === "established" ? this.#establishedCalls : this.#calls;
  }

  /** Calls that the PBX has with this line, in either direction, those that pass through it among them. */
  get callsAtPbx(): number {
    return this.#callsAtPbx;
  }

  /** How a call leaves by this line. */
  get way(): CallWay {
    return this.#link.wayFor(this.#configuration.username);
  }

  /**
   * The URI by which this line is reached at us by that path. `user`: in place of the token that tells the line, for
   * those who are not to know it.
   */
  contactUri(flow: Flow, user = this.#configuration.contactToken): string {
    return contactUri(user, this.#link.contactAddress(flow));
  }

  /** Calls that Divert carries for it to somebody outside of the PBX. */
  get relayedToOutside(): number {
    return this.#relayedToOutside;
  }

  /** Counts a call, in either direction, from now until it ends. */
  beginCall(): CallInProgress {
    let phase: "early" | "established" | "ended" = "early";
    this.#calls++;
    this.#callsAtPbx++;
    this.#onChange(this);
    return {
      makesBusy: true,
      callsAtPbx: 1,
      establish: () => {
        if (phase !== "early") return;
        phase = "established";
        this.#establishedCalls++;
        this.#onChange(this);
      },
      end: () => {
        if (phase === "ended") return;
        if (phase === "established") this.#establishedCalls--;
        phase = "ended";
        this.#calls--;
        this.#callsAtPbx--;
        this.#onChange(this);
      },
    };
  }

  /** Counts a call that is relayed, until it ends: it does not make the line busy, but takes so many calls at the PBX. */
  passCall(callsAtPbx: number, leadsOutside = false): CallInProgress {
    let isEnded = false;
    this.#callsAtPbx += callsAtPbx;
    if (leadsOutside) this.#relayedToOutside++;
    return {
      makesBusy: false,
      callsAtPbx,
      establish() {
        // Whether it rings or talks, it only passes.
      },
      end: () => {
        if (isEnded) return;
        isEnded = true;
        this.#callsAtPbx -= callsAtPbx;
        if (leadsOutside) this.#relayedToOutside--;
      },
    };
  }

  /**
   * The request to send after a 401 or 407 to one of this line's own requests. `isOutsideDialog`: it was a REGISTER or
   * an INVITE outside a dialog; within one, only a realm that is known already is answered. What comes from anywhere
   * but the line's own PBX is never answered (CVE-2021-41158).
   */
  answerChallenge(
    response: SipResponse,
    flow: Flow,
    request: SipRequest,
    isOutsideDialog: boolean,
  ): Result<SipRequest, AuthenticationFailure | "foreign-source"> {
    if (!this.#link.isAcceptedSource(flow)) return { ok: false, failure: "foreign-source" };
    return this.#held.registration.digest.answer(response, request, isOutsideDialog);
  }

  /** For the table: registers from now on. */
  start(): void {
    this.#held.start();
  }

  /** For the table: takes over what was configured. Registers anew where that changes who registers, or where. */
  reconfigure(configuration: HeldLineConfiguration, group: LineGroup, link: PbxLink): void {
    const before = { link: this.#link, held: this.#held, account: this.#held.account };
    this.#configuration = configuration;
    this.#group = group;
    this.#link = link;
    const account = accountOf(configuration);
    const isSame = (Object.keys(account) as (keyof typeof account)[]).every(
      (key) => account[key] === before.account[key],
    );
    if (isSame && before.link === link) return;
    // The new registration takes the place of the old one where registrar, address-of-record and Contact are the same;
    // de-registering the old one might then hit the new.
    const isReplaced =
      account.username === before.account.username &&
      account.contactToken === before.account.contactToken &&
      isSamePlace(before.link, link);
    before.link.release(before.held, isReplaced ? "silently" : "deregister");
    this.#held = this.#hold();
    this.start();
  }

  /** For the table: the line is no more. */
  remove(): void {
    this.#link.release(this.#held, "deregister");
  }

  #hold(): LineRegistration {
    return this.#link.hold(accountOf(this.#configuration), () => this.#onChange(this));
  }
}

function accountOf({ username, authUsername, password, contactToken }: HeldLineConfiguration) {
  return { username, authUsername: authUsername ?? username, password, contactToken };
}

function isSamePlace(one: PbxLink, other: PbxLink): boolean {
  const [a, b] = [one.configuration, other.configuration];
  return a.registrar === b.registrar && a.domain === b.domain && a.outboundProxy === b.outboundProxy;
}
