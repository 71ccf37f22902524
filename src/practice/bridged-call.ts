import type { Timer } from "../base/clock.ts";
import type {
  IncomingInvite,
  InviteFailure,
  OutgoingInvite,
  Session,
  SipResponse,
  SipUri,
} from "../sip/user-agent.ts";
import {
  createRequest,
  parseSipUri,
  readContacts,
  serializeSipUri,
  unescapeUser,
} from "../sip/user-agent.ts";
import type { CallOutcome, CallReport, CallStep, RefusalCause } from "./call-report.ts";
import { nameCaller } from "./caller-naming.ts";
import type { PracticeCaller } from "./caller-naming.ts";
import { historyAfter, historyAfterOwn, historyHeaders, historyOf } from "./diversion-history.ts";
import type { DiversionHistory } from "./diversion-history.ts";
import type { Extensions } from "./extensions.ts";
import type { PracticeSettings } from "./practice-settings.ts";
import type { Route } from "./routing.ts";
import type { SipParty } from "./sip-party.ts";

/** What a call asks of its PBX. */
export interface BridgePorts {
  readonly party: SipParty;
  readonly domain: string;
  readonly settings: () => PracticeSettings;
  readonly extensions: Extensions;
  readonly route: (dialled: string) => Route;
  /** Where an extension is registered. */
  readonly contactOf: (extension: string) => SipUri | undefined;
  readonly trunk: () => SipUri | undefined;
  /** Told once, when the call is answered or has failed. */
  readonly report: (report: CallReport) => void;
}

type Phase =
  | { readonly phase: "trying"; readonly at: string; readonly attempt?: Attempt }
  | { readonly phase: "decided" };

/** One end that is being called. */
interface Attempt {
  readonly invite: OutgoingInvite;
  readonly ringTime: Timer;
  /** Takes the call off the line's count. */
  readonly leave: () => void;
}

/** One end that can be called right now. */
interface Destination {
  readonly name: string;
  readonly uri: SipUri;
  readonly to: string;
  /** Counts the call in. */
  readonly enter: () => () => void;
}

/**
 * A call through the PBX: two legs, each with a dialog of its own, joined when the second is answered. Where the call
 * goes on to, by the PBX's own forwarding or by a line's 302, only the second leg is placed anew.
 */
export class BridgedCall {
  readonly #ports: BridgePorts;
  readonly #incoming: IncomingInvite;
  readonly #caller: PracticeCaller;
  readonly #dialled: string;
  readonly #path: CallStep[] = [];
  readonly #callerLeaves: () => void;
  #history: DiversionHistory;
  #phase: Phase = { phase: "trying", at: "" };

  constructor(ports: BridgePorts, incoming: IncomingInvite, caller: PracticeCaller, dialled: string) {
    this.#ports = ports;
    this.#incoming = incoming;
    this.#caller = caller;
    this.#dialled = dialled;
    this.#history = historyOf(incoming.request);
    this.#callerLeaves = caller.origin === "inside" ? ports.extensions.enter(caller.number) : () => {};
  }

  /** Calls whoever was dialled. */
  start(): void {
    this.#incoming.onCancelled = () => this.#cancelled();
    this.#goTo(this.#dialled);
  }

  #goTo(number: string): void {
    this.#phase = { phase: "trying", at: number };
    const route = this.#ports.route(number);
    if (route.kind === "nowhere")
      this.#refuse(404, this.#path.length > 0 ? "targetUnusable" : "noSuchNumber");
    else if (route.kind === "outside") this.#callOutside(route.number);
    else this.#callExtension(route.extension);
  }

  #callOutside(number: string): void {
    const trunk = this.#ports.trunk();
    if (trunk === undefined) {
      this.#refuse(503, "unreachable");
      return;
    }
    const uri: SipUri = { ...trunk, user: number };
    this.#place({ name: number, uri, to: serializeSipUri(uri), enter: () => () => {} });
  }

  #callExtension(extension: string): void {
    const { extensions, contactOf, domain } = this.#ports;
    const account = extensions.find(extension);
    this.#phase = { phase: "trying", at: extension };
    if (account?.forwardTo !== undefined) {
      this.#history = historyAfterOwn(this.#history, this.#uriOf(extension));
      this.#sendOn({ by: "PBX", extension, target: account.forwardTo });
      return;
    }
    if (account?.secondCall === false && extensions.callsOf(extension) > 0) {
      this.#refuse(486, "busyAtPbx");
      return;
    }
    const uri = contactOf(extension);
    if (uri === undefined) {
      this.#refuse(480, "notRegistered");
      return;
    }
    const to = `sip:${extension}@${domain}`;
    this.#place({ name: extension, uri, to, enter: () => extensions.enter(extension) });
  }

  #place({ name, uri, to, enter }: Destination): void {
    const { party, domain, settings } = this.#ports;
    const { random, clock } = party.surroundings;
    const { request } = this.#incoming;
    const maxForwards = request.maxForwards ?? 70;
    if (maxForwards === 0) {
      this.#refuse(483, "unreachable");
      return;
    }
    const { namesCallersBy, ringSeconds } = settings();
    const names = nameCaller(this.#caller, request, namesCallersBy, domain);
    const contentType = request.headers.get("Content-Type");
    const invite = createRequest({
      method: "INVITE",
      requestUri: serializeSipUri(uri),
      from: `${names.from};tag=${random.token(64)}`,
      to: `<${to}>`,
      callId: random.token(128),
      cseq: 1,
      maxForwards: maxForwards - 1,
      headers: [
        ...names.headers,
        ...historyHeaders(this.#history),
        ["Supported", "histinfo"],
        ...(contentType === undefined ? [] : [["Content-Type", contentType] as const]),
      ],
      body: request.body,
    });
    const sent = party.calls.call(invite, {
      nextHop: uri,
      contactFor: (flow) => party.contactFor("pbx", flow),
      onProgress: (response) => this.#progress(response),
      onAnswered: (session, response) => this.#answered(name, session, response),
      onFailed: (failure) => this.#failed(failure),
    });
    const ringTime = clock.after(ringSeconds * 1000, () => {
      if (!this.#leaveAttempt()) return;
      sent.cancel();
      this.#refuse(480, "notAnswered");
    });
    this.#phase = { phase: "trying", at: name, attempt: { invite: sent, ringTime, leave: enter() } };
  }

  #progress({ status, headers, body }: SipResponse): void {
    const contentType = headers.get("Content-Type");
    const media =
      contentType === undefined ? {} : { headers: [["Content-Type", contentType] as const], body };
    this.#incoming.ring({ contact: this.#callerContact(), ...media }, status);
  }

  #answered(by: string, callee: Session, { headers, body }: SipResponse): void {
    if (this.#phase.phase !== "trying") {
      callee.hangUp();
      return;
    }
    const leave = this.#phase.attempt?.leave ?? ((): void => {});
    this.#phase.attempt?.ringTime.cancel();
    const contentType = headers.get("Content-Type");
    const caller = this.#incoming.accept({
      contact: this.#callerContact(),
      ...(contentType === undefined ? {} : { headers: [["Content-Type", contentType] as const], body }),
    });
    if (!caller.ok) {
      leave();
      callee.hangUp();
      this.#conclude({ kind: "refused", at: by, status: 400, cause: "unreachable" });
      this.#callerLeaves();
      return;
    }
    this.#join(caller.value, callee, leave);
    this.#conclude({ kind: "answered", by });
  }

  #join(caller: Session, callee: Session, calleeLeaves: () => void): void {
    caller.onEnded = () => {
      this.#callerLeaves();
      callee.hangUp();
    };
    callee.onEnded = () => {
      calleeLeaves();
      caller.hangUp();
    };
  }

  #failed(failure: InviteFailure): void {
    if (this.#phase.phase !== "trying" || !this.#leaveAttempt()) return;
    if (failure.kind !== "refused") {
      this.#refuse(480, "unreachable");
    } else if (failure.response.status < 400) {
      this.#redirected(this.#phase.at, failure.response);
    } else {
      this.#refuse(failure.response.status, "callee");
    }
  }

  /** RFC 3261 §8.1.3.4: the line names another target; as a PBX does, only what it can dial itself is followed. */
  #redirected(extension: string, response: SipResponse): void {
    const target = this.#targetIn(response);
    const { followsRedirect, redirectsUnfollowed } = this.#ports.settings();
    if (!followsRedirect) {
      if (redirectsUnfollowed === "refused") this.#refuse(480, "redirectNotFollowed");
      else if (redirectsUnfollowed === "passedOn") this.#refuse(302, "redirectNotFollowed");
      return;
    }
    this.#history = historyAfter(this.#history, response, this.#uriOf(extension));
    if (target === undefined) this.#refuse(480, "targetUnusable");
    else this.#sendOn({ by: "302", extension, target });
  }

  #sendOn(step: CallStep): void {
    const { maxDiversions, tellsForwarding } = this.#ports.settings();
    this.#path.push(step);
    if (this.#history.count > maxDiversions) {
      this.#refuse(480, "tooManyDiversions");
      return;
    }
    if (tellsForwarding) this.#incoming.ring({ contact: this.#callerContact() }, 181);
    this.#goTo(step.target);
  }

  #targetIn(response: SipResponse): string | undefined {
    const contacts = readContacts(response);
    const contact = contacts === "*" ? undefined : contacts?.[0];
    const uri = contact === undefined ? undefined : parseSipUri(contact.uri);
    const isOurs = uri?.host === this.#ports.domain || uri?.host === this.#ports.party.address.host;
    return isOurs && uri.user !== undefined ? unescapeUser(uri.user) : undefined;
  }

  #cancelled(): void {
    if (this.#phase.phase !== "trying") return;
    const { at, attempt } = this.#phase;
    this.#leaveAttempt();
    attempt?.invite.cancel();
    this.#conclude({ kind: "cancelled", while: at });
    this.#callerLeaves();
  }

  #refuse(status: number, cause: RefusalCause): void {
    const at = this.#phase.phase === "trying" ? this.#phase.at : this.#dialled;
    this.#incoming.refuse(status);
    this.#conclude({ kind: "refused", at, status, cause });
    this.#callerLeaves();
  }

  /** The end that was being called is no longer. False: there is none. */
  #leaveAttempt(): boolean {
    if (this.#phase.phase !== "trying" || this.#phase.attempt === undefined) return false;
    const { at, attempt } = this.#phase;
    attempt.ringTime.cancel();
    attempt.leave();
    this.#phase = { phase: "trying", at };
    return true;
  }

  #conclude(outcome: CallOutcome): void {
    this.#phase = { phase: "decided" };
    this.#ports.report({
      id: this.#incoming.request.callId,
      caller: this.#caller.number,
      origin: this.#caller.origin,
      dialled: this.#dialled,
      path: this.#path,
      outcome,
    });
  }

  #callerContact(): string {
    return this.#ports.party.contactFor("pbx", this.#incoming.flow);
  }

  #uriOf(extension: string): string {
    return `sip:${extension}@${this.#ports.domain}`;
  }
}
