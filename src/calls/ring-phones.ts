/**
 * A call rings all phones of its line. The first that answers has it; the others stop. What none of them takes is handed
 * back with the stage that the call has come to, and decided anew there.
 */
import type { Clock, Timer } from "../base/clock.ts";
import type { RandomSource } from "../base/random.ts";
import type { Stage } from "../forwarding/call-facts.ts";
import type { PhoneContact } from "../phones/phones.ts";
import type {
  EarlyDialog,
  Flow,
  HeaderFields,
  IncomingInvite,
  InviteCore,
  OutgoingInvite,
  SipRequest,
  SipResponse,
} from "../sip/user-agent.ts";
import { serializeSipUri } from "../sip/user-agent.ts";
import { EarlyCall, type RingingEnd } from "./early-call.ts";
import { callHeaders } from "./methods-in-call.ts";
import type { Leg } from "./bridge/leg.ts";
import { responseHeaders, withBody } from "./pass-headers.ts";
import type { IntervalPassage } from "./pass-interval.ts";
import type { PhoneAnswer } from "./phone-verdict.ts";
import { bestAnswer, readPhoneAnswer } from "./phone-verdict.ts";
import { createPlacedInvite } from "./place-invite.ts";

export interface RingPorts {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly core: InviteCore;
  /** The URI by which we are reached by that flow, with that user part. */
  readonly contactUri: (user: string, flow: Flow) => string;
}

export interface Ringing {
  readonly invite: IncomingInvite;
  readonly phones: readonly PhoneContact[];
  /** Contact towards the caller's side. */
  readonly contact: string;
  /** Who is called, for To. */
  readonly lineUri: string;
  readonly maxForwards: number;
  /** What is said of the session's interval. */
  readonly interval: IntervalPassage;
  /** Ask again after so many seconds of ringing; absent: it rings on. */
  readonly noAnswerSeconds?: number;
  readonly user: RingingUser;
}

/** Who has a line's phones rung. Exactly one of the last six is told last, unless `stop` was called. */
export interface RingingUser {
  /** The caller's side is told that it rings, for the first time. */
  onRinging(): void;
  /** Whoever is told goes on with `waitAgain`, or calls `stop` and does something else. */
  onStage(stage: Exclude<Stage, "arrived">): void;
  /** `interval`: seconds until the first refresh is due. */
  onAnswered(inbound: Leg, outbound: Leg, interval: number | undefined): void;
  /** A phone sends the call elsewhere. */
  onRedirected(response: SipResponse): void;
  /** A phone refused in a way that no stage is for: its answer belongs to the caller. */
  onRefused(status: number, headers: HeaderFields): void;
  onCancelled(): void;
  /** The caller's side is lost; what it was given. */
  onLost(status: number): void;
  /** It has rung for as long as a call may. */
  onGivenUp(): void;
}

/** A phone that has said nothing at all for so long is taken for gone; its registration may be older than its cable. */
const silenceMs = 8_000;
/** A caller who never gives up would hold the line for good. */
const longestMs = 10 * 60_000;
/** RFC 5393 §5: legs of one call at most. */
const mostPhones = 10;

const elsewhere: HeaderFields = [["Reason", 'SIP;cause=200;text="Call completed elsewhere"']];

interface Attempt {
  readonly invite: OutgoingInvite;
  isHeard: boolean;
  answer?: PhoneAnswer;
}

export class RingPhones {
  readonly #ports: RingPorts;
  readonly #ringing: Ringing;
  readonly #attempts: Attempt[] = [];
  readonly #timers = new Set<Timer>();
  readonly #startedAt: number;
  #noAnswer: Timer | undefined;
  #ringingSince: number | undefined;
  readonly #early: EarlyCall;
  #isSilenceOver = false;
  #isOver = false;

  constructor(ports: RingPorts, ringing: Ringing) {
    this.#ports = ports;
    this.#ringing = ringing;
    this.#startedAt = ports.clock.now();
    const { clock } = ports;
    const { invite, contact, phones } = ringing;
    this.#early = new EarlyCall({ clock, invite, contact, passesThrough: phones.length === 1 });
    ringing.invite.onCancelled = (cancel) => this.#cancelled(cancel);
    ringing.invite.onLost = (status) => this.#endWith(() => ringing.user.onLost(status));
    for (const phone of ringing.phones.slice(0, mostPhones)) this.#attempts.push(this.#call(phone));
    this.#timers.add(clock.after(silenceMs, () => this.#silenceIsOver()));
    this.#timers.add(clock.after(longestMs, () => this.#giveUp()));
    if (ringing.noAnswerSeconds !== undefined) this.waitAgain(ringing.noAnswerSeconds);
  }

  /** They ring on; time is up (again) so many seconds after the first ringing. */
  waitAgain(seconds: number | undefined): void {
    this.#noAnswer?.cancel();
    this.#noAnswer = undefined;
    if (seconds === undefined || this.#isOver) return;
    const { clock } = this.#ports;
    const since = this.#ringingSince ?? this.#startedAt;
    const leftMs = Math.max(since + seconds * 1000 - clock.now(), 100);
    this.#noAnswer = clock.after(leftMs, () => this.#ringing.user.onStage("noAnswer"));
  }

  /** The phones stop ringing; nobody is told. An answer that crosses is acknowledged and hung up. Idempotent. */
  stop(reason: HeaderFields = []): void {
    if (this.#isOver) return;
    this.#finish();
    for (const { invite, answer } of this.#attempts) if (answer === undefined) invite.cancel(reason);
  }

  #call(phone: PhoneContact): Attempt {
    const { invite, maxForwards, lineUri, interval } = this.#ringing;
    const { core, random, contactUri } = this.#ports;
    const requestUri = serializeSipUri(phone.uri);
    const request = createPlacedInvite(
      invite.request,
      {
        requestUri,
        from: invite.request.from,
        to: `<${lineUri}>`,
        maxForwards,
        cameFrom: "pbx",
        headers: [...this.#early.headers, ...interval.headers],
      },
      random,
    );
    // Known when the INVITE is sent, which may be before `call` returns.
    let contact = "";
    const attempt: Attempt = {
      isHeard: false,
      invite: core.call(request, {
        nextHop: phone.uri,
        way: phone.way,
        acknowledgesLater: invite.request.body.length === 0,
        contactFor: (flow) => (contact = `<${contactUri(phone.phoneUsername, flow)}>`),
        onHeard: () => (attempt.isHeard = true),
        onProgress: (response, early) => this.#progress({ response, early, contact }),
        onAnswered: (session, response, early) =>
          this.#answered(attempt, { session, contact, at: "phone" }, response, early),
        onFailed: (failure) => this.#failed(attempt, readPhoneAnswer(failure)),
      }),
    };
    return attempt;
  }

  #progress(end: RingingEnd): void {
    const { status, body } = end.response;
    if (!this.#isOver && status !== 199 && this.#ringingSince === undefined) {
      this.#ringingSince = this.#ports.clock.now();
      this.#ringing.user.onRinging();
    }
    // A 183 without media is a phone that rings.
    const isBare = body.length === 0 || this.#ringing.phones.length > 1;
    this.#early.hear(end, status === 183 && isBare ? 180 : status);
  }

  #answered(
    attempt: Attempt,
    phone: Omit<Leg, "party">,
    response: SipResponse,
    early: EarlyDialog | undefined,
  ): void {
    const { invite, contact, user } = this.#ringing;
    attempt.answer = { kind: "unreachable" };
    const agreed = this.#ringing.interval.agree(response);
    const accepted = this.#isOver
      ? undefined
      : invite.accept(
          {
            contact,
            headers: [...callHeaders, ...responseHeaders(response), ...agreed.headers],
            ...withBody(response),
          },
          early,
        );
    if (accepted?.ok !== true) {
      phone.session.hangUp();
      if (accepted !== undefined) this.#endWith(() => user.onRefused(400, []));
      return;
    }
    this.stop(elsewhere);
    const { caller, called } = this.#early.parties(response, early);
    user.onAnswered(
      { session: accepted.value, contact, at: "pbx", party: caller },
      { ...phone, party: called },
      agreed.interval,
    );
  }

  #failed(attempt: Attempt, answer: PhoneAnswer): void {
    if (this.#isOver) return;
    attempt.answer = answer;
    // RFC 3261 §21.6.4: its user has spoken, for all phones of the line. So has one whose phone sends the call elsewhere.
    if (answer.kind === "declined" || answer.kind === "redirected") this.#conclude(answer);
    else this.#judge();
  }

  #silenceIsOver(): void {
    this.#isSilenceOver = true;
    this.#judge();
  }

  /** Once no phone is left that may still answer, what they all said counts. */
  #judge(): void {
    if (this.#isOver) return;
    const isPending = ({ answer, isHeard }: Attempt): boolean =>
      answer === undefined && (isHeard || !this.#isSilenceOver);
    if (this.#attempts.some(isPending)) return;
    this.#conclude(bestAnswer(this.#attempts.map(({ answer }) => answer ?? { kind: "unreachable" })));
  }

  #conclude(answer: PhoneAnswer): void {
    const { user } = this.#ringing;
    switch (answer.kind) {
      case "unreachable":
        user.onStage("unreachable");
        return;
      case "busy":
        user.onStage("refusedAsBusy");
        return;
      case "declined":
        user.onStage("declined");
        return;
      case "redirected":
        this.#endWith(() => user.onRedirected(answer.response));
        return;
      case "refused":
        this.#endWith(() => user.onRefused(answer.response.status, responseHeaders(answer.response)));
    }
  }

  #cancelled(cancel: SipRequest): void {
    if (this.#isOver) return;
    // RFC 3326 §2: a call that was answered elsewhere is no missed one, and the phones are told so.
    this.stop(cancel.headers.all("Reason").map((value) => ["Reason", value] as const));
    this.#ringing.user.onCancelled();
  }

  #giveUp(): void {
    this.#endWith(() => this.#ringing.user.onGivenUp());
  }

  #endWith(tell: () => void): void {
    this.stop();
    tell();
  }

  #finish(): void {
    this.#isOver = true;
    this.#noAnswer?.cancel();
    this.#early.close();
    for (const timer of this.#timers) timer.cancel();
  }
}
