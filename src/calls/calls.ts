/**
 * Every call to every line: found, decided, carried out. The way from the INVITE to its 302 is the hot path: no promise,
 * no I/O, nothing looked up twice.
 */
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { RandomSource } from "../base/random.ts";
import type { Directory } from "../directory/directory.ts";
import type { AnswerCode } from "../forwarding/answers.ts";
import type { FailedRelay, Stage } from "../forwarding/call-facts.ts";
import type { CompiledRule, CompiledRules } from "../forwarding/compile-rules.ts";
import { noRules } from "../forwarding/compile-rules.ts";
import type { Decision, Redirect, Relay, Ring } from "../forwarding/decide.ts";
import { decide } from "../forwarding/decide.ts";
import { LoopGuard } from "../forwarding/loop-guard.ts";
import type { TargetFailure } from "../forwarding/reasons.ts";
import { callsTaken } from "../forwarding/relay-terms.ts";
import type { CallInProgress, Line } from "../lines/line.ts";
import type { Phones } from "../phones/phones.ts";
import type {
  Authorize,
  Endpoint,
  Flow,
  HeaderFields,
  IncomingInvite,
  InviteCore,
  ServerTransaction,
  SipRequest,
  SipResponse,
  Way,
} from "../sip/user-agent.ts";
import { createResponse, wayBack } from "../sip/user-agent.ts";
import { refusalOfInvite } from "./answer-request.ts";
import { stopped } from "./call-end.ts";
import { authorizeFor } from "./authorize.ts";
import type { CallObserver } from "./call-desk.ts";
import { CallDesk } from "./call-desk.ts";
import { callOut } from "./call-out.ts";
import type { Call, CallAtHand } from "./call.ts";
import { ForwardingWatch, leadsOutside } from "./forwarding-watch.ts";
import { keepRinging } from "./keep-ringing.ts";
import type { LineAtPbx } from "./line-at-pbx.ts";
import { contactUriOf, lineAtPbx, lineStateOf } from "./line-at-pbx.ts";
import { hopsLeft } from "./pass-headers.ts";
import { type IntervalPassage, passInterval } from "./pass-interval.ts";
import { targetOfPhone } from "./phone-redirect.ts";
import { readCall } from "./read-call.ts";
import { createRedirect } from "./redirect.ts";
import { findReplaced, LegReplacement } from "./transfer/replace-leg.ts";
import { RelayedCall } from "./relay.ts";
import { RingPhones } from "./ring-phones.ts";
import { CallTransfer } from "./transfer/transfer.ts";

export type { CallObserver } from "./call-desk.ts";

export interface CallsOptions {
  readonly directory: Pick<Directory, "setupOf" | "rulesOf" | "doNotDisturbOf" | "phoneForwardingOf">;
  readonly phones: Pick<Phones, "contactsOf" | "countOf" | "wayBack">;
  readonly core: InviteCore;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly logger: Logger;
  /** The URI by which we are reached by that flow, with that user part. */
  readonly contactUri: (user: string, flow: Flow) => string;
  /** Whether a server is a PBX of ours, or we ourselves: no foreign host may turn out to be that. */
  readonly leadsBack: (server: Endpoint) => boolean;
  readonly observer: CallObserver;
}

/** How far a call has come that is decided once more. */
interface LaterStage {
  readonly stage: Stage;
  readonly rangSeconds?: number;
  /** As its line counts it; absent: not at all. */
  readonly inProgress?: CallInProgress;
  readonly failedRelays?: readonly FailedRelay[];
  /** Where a phone sends it. */
  readonly byPhone?: CompiledRule;
}

/** How long a stopping server waits for the answers to its last BYEs: they are sent three times meanwhile. */
const byeMs = 2_000;

export class Calls {
  readonly #options: CallsOptions;
  readonly #loopGuard = new LoopGuard();
  readonly #desk: CallDesk;
  readonly #watch: ForwardingWatch;
  #isDraining = false;

  constructor(options: CallsOptions) {
    this.#options = options;
    this.#desk = new CallDesk(options.clock, options.observer);
    this.#watch = new ForwardingWatch(options.clock, (line, limit) => options.observer.onLimit(line, limit));
  }

  /** Calls that ring or talk. */
  get active(): number {
    return this.#desk.active;
  }

  /** An INVITE came for a line, from an address of its own PBX. Decided before this returns. */
  receive(line: Line, transaction: ServerTransaction, request: SipRequest, flow: Flow): void {
    const refusal = refusalOfInvite(request, transaction.localTag);
    if (refusal !== undefined) {
      transaction.respond(refusal);
      return;
    }
    if (request.headers.has("Replaces")) {
      // RFC 3891 §3: it is about a call that is up, and never forwarded.
      this.#replace(line, "pbx", transaction, request, {
        contact: `<${line.contactUri(flow)}>`,
        way: wayBack(flow),
        authorize: authorizeFor(line),
      });
      return;
    }
    const setup = this.#options.directory.setupOf(line.id);
    const rules = this.#options.directory.rulesOf(line.id);
    if (setup === undefined || rules === undefined) {
      transaction.respond(createResponse(request, 404, undefined, { toTag: transaction.localTag }));
      return;
    }
    const { clock, random } = this.#options;
    const at = lineAtPbx(setup);
    const incoming = readCall(request, flow, at);
    const call: Omit<Call, "decision"> = {
      id: random.token(96),
      line,
      startedAt: clock.wallTime(),
      incoming,
      lineState: line.callsInProgress > 0 ? "busy" : "idle",
      phase: { phase: "answered", status: 0, end: "lost" },
    };
    const decision = this.#decide(call, at, rules, request);
    this.#carryOut({ call: { ...call, decision }, at, transaction, request, flow });
  }

  /** A phone of the line, which has proved that it is one, calls somebody. */
  place(line: Line, username: string, transaction: ServerTransaction, request: SipRequest): void {
    const setup = this.#options.directory.setupOf(line.id);
    if (setup === undefined || this.#isDraining) {
      const status = setup === undefined ? 404 : 503;
      transaction.respond(createResponse(request, status, undefined, { toTag: transaction.localTag }));
      return;
    }
    const way = this.#options.phones.wayBack(username, request, transaction.flow);
    if (request.headers.has("Replaces")) {
      const refusal = refusalOfInvite(request, transaction.localTag);
      const contact = `<${this.#options.contactUri(username, transaction.flow)}>`;
      if (refusal !== undefined) transaction.respond(refusal);
      else this.#replace(line, "phone", transaction, request, { contact, way });
      return;
    }
    callOut(this.#options, {
      line,
      username,
      way,
      pbxHosts: lineAtPbx(setup).pbxHosts,
      transaction,
      request,
      transfer: this.#transferOf(line, lineAtPbx(setup)),
      onBegun: (call, stop) => this.#desk.hold(call, stop),
      onEnded: (call, status, end, durationMs) => this.#desk.placedOver(call, status, end, durationMs),
    });
  }

  /** Somebody takes the place of one who is in a call: the line's PBX that of its callers, a phone that of another. */
  #replace(
    line: Line,
    at: "pbx" | "phone",
    transaction: ServerTransaction,
    request: SipRequest,
    { contact, way, authorize }: { contact: string; way: Way | undefined; authorize?: Authorize },
  ): void {
    const { clock, random, core } = this.#options;
    const toTag = transaction.localTag;
    const side = findReplaced(request, core, { lineId: line.id, at });
    const interval = passInterval(request);
    const refusal = side.ok ? interval.refusal : { status: side.failure, headers: [] };
    if (!side.ok || refusal !== undefined) {
      const { status, headers } = refusal ?? { status: 481, headers: [] };
      transaction.respond(createResponse(request, status, undefined, { toTag, headers }));
      return;
    }
    const invite = core.take(transaction, request, way);
    new LegReplacement({
      clock,
      random,
      invite,
      side: side.value,
      contact,
      interval,
      accept: (parts) => invite.accept(parts),
      ...(authorize !== undefined && { authorize }),
    });
  }

  #transferOf(line: Line, { pbxHosts }: LineAtPbx): CallTransfer {
    const { clock, random, core } = this.#options;
    return new CallTransfer({ clock, random, core, desk: this.#desk }, { line, pbxHosts });
  }

  /**
   * Takes no new calls to phones from now on, and resolves when those in progress have ended; `withinMs` later they are
   * ended. The last BYEs are given a moment to be heard.
   */
  async drain(withinMs: number): Promise<void> {
    this.#isDraining = true;
    await this.#desk.drain(withinMs);
    await this.#options.core.stop(stopped, byeMs);
  }

  #decide(
    { line, incoming }: Omit<Call, "decision">,
    at: LineAtPbx,
    rules: CompiledRules,
    request: SipRequest,
    later?: LaterStage,
  ): Decision {
    const { clock, phones, directory } = this.#options;
    const { identity } = incoming.facts.caller;
    const loops = this.#loopGuard.recall(
      line.id,
      request.callId,
      request.fromTag ?? "",
      identity,
      clock.now(),
    );
    const own = later?.inProgress;
    const isCounted = own?.makesBusy === true && line.group.busyCounts === "calls";
    const live = {
      toOutside: this.#watch.stateOf(line, at.setup.group),
      callsInProgress: Math.max(0, line.callsInProgress - (isCounted ? 1 : 0)),
      callsAtPbx: line.callsAtPbx - (own?.callsAtPbx ?? 0),
      phones: phones.countOf(line.id),
      doNotDisturb: directory.doNotDisturbOf(line.id),
    };
    // A call that came while another is up proves that the PBX delivers a second one.
    const state = { ...lineStateOf(at, live), secondCall: "yes" as const };
    const facts = {
      ...incoming.facts,
      loops,
      ...(later !== undefined && { stage: later.stage }),
      ...(later?.rangSeconds !== undefined && { rangSeconds: later.rangSeconds }),
      ...(later?.byPhone !== undefined && { byPhone: later.byPhone }),
      ...(later?.failedRelays !== undefined && { failedRelays: later.failedRelays }),
    };
    const decision = decide(facts, state, rules, clock.wallTime());
    this.#watch.noteDecided(line, decision);
    return decision;
  }

  /** The call has come to a later stage: what holds for it there, by the rules as they are now. */
  #decideAgain(
    { call, at, request, ringingSince, inProgress, failedRelays }: CallAtHand,
    stage: Stage,
    byPhone?: CompiledRule,
  ): Decision {
    const { clock, directory } = this.#options;
    const rangSeconds = ringingSince === undefined ? undefined : (clock.now() - ringingSince) / 1000;
    const rules = directory.rulesOf(call.line.id);
    // The line may be gone by now, and its phones with it: nobody is left whom its call could reach.
    call.decision = this.#decide(call, at, rules ?? noRules, request, {
      stage: rules === undefined ? "unreachable" : stage,
      ...(rangSeconds !== undefined && { rangSeconds }),
      ...(inProgress !== undefined && { inProgress }),
      ...(failedRelays !== undefined && { failedRelays }),
      ...(byPhone !== undefined && { byPhone }),
    });
    return call.decision;
  }

  #carryOut(hand: CallAtHand): void {
    const { decision } = hand.call;
    switch (decision.action) {
      case "redirect":
        this.#redirect(hand, decision);
        break;
      case "ring":
        this.#ring(hand, decision);
        break;
      case "relay":
        this.#relay(hand, decision);
        break;
      case "reject":
        this.#refuse(hand, decision.code);
    }
    this.#options.observer.onDecided(hand.call);
  }

  #redirect(hand: CallAtHand, decision: Redirect): void {
    const { at, request, transaction } = hand;
    // RFC 3261 §16.3: a call that may go no further is not sent further.
    if (request.maxForwards === 0) {
      this.#answer(hand, 483);
      return;
    }
    this.#rememberForwarding(hand.call, decision, request);
    const { profile } = at.setup;
    const response = createRedirect(request, {
      toTag: transaction.localTag,
      contactUri: contactUriOf(at, decision.target),
      lineUri: at.lineUri,
      reason: decision.diversionReason,
      diversion: profile.diversion,
      historyInfo: profile.historyInfo,
    });
    this.#desk.answer(hand, response, "redirected");
  }

  #relay(hand: CallAtHand, decision: Relay): void {
    const { call, at, request } = hand;
    const { clock, random, core } = this.#options;
    const passage = this.#passageOf(hand);
    if (passage === undefined) return;
    this.#rememberForwarding(call, decision, request);
    // It leaves the line, and passes through it without making it busy.
    hand.inProgress?.end();
    hand.inProgress = call.line.passCall(callsTaken(decision.target), leadsOutside(decision.target));
    const relayed = new RelayedCall({
      ...passage,
      core,
      clock,
      random,
      line: call.line,
      at,
      incoming: this.#inviteOf(hand),
      decision,
      diversions: call.incoming.facts.diversions,
      leadsBack: this.#options.leadsBack,
      onAnswered: (inbound, outbound, seconds) => this.#desk.talk(hand, inbound, outbound, seconds),
      onFailed: ({ kind, status }) => this.#desk.over(hand, status, kind),
      onReturned: (failure) => this.#takeBack(hand, decision, failure),
    });
    this.#desk.ring(hand, () => relayed.stop());
  }

  /** The target failed, and the caller's side still waits. */
  #takeBack(hand: CallAtHand, { rule, target }: Relay, failure: TargetFailure): void {
    hand.inProgress?.end();
    delete hand.inProgress;
    hand.failedRelays = [...(hand.failedRelays ?? []), { rule, target: target.canonical, failure }];
    this.#decideAgain(hand, "targetFailed");
    this.#carryOut(hand);
  }

  /** What passes through us on the way to whoever is called next; undefined: it may not, and has been answered. */
  #passageOf(hand: CallAtHand): { maxForwards: number; interval: IntervalPassage } | undefined {
    const { request } = hand;
    const maxForwards = hopsLeft(request);
    const interval = passInterval(request);
    if (this.#isDraining) this.#answer(hand, 480);
    else if (maxForwards === undefined) this.#answer(hand, 483);
    else if (interval.refusal !== undefined) {
      this.#answer(hand, interval.refusal.status, interval.refusal.headers);
    } else return { maxForwards, interval };
    return undefined;
  }

  #ring(hand: CallAtHand, decision: Ring): void {
    const { call, at, flow } = hand;
    const { clock, random, core, contactUri, phones } = this.#options;
    const passage = this.#passageOf(hand);
    if (passage === undefined) return;
    const ringing = new RingPhones(
      { clock, random, core, contactUri },
      {
        invite: this.#inviteOf(hand),
        phones: phones.contactsOf(call.line.id),
        contact: `<${call.line.contactUri(flow)}>`,
        lineUri: at.lineUri,
        ...passage,
        ...(decision.noAnswer !== undefined && { noAnswerSeconds: decision.noAnswer.afterSeconds }),
        user: {
          onRinging: () => (hand.ringingSince = clock.now()),
          onStage: (stage) => this.#atStage(hand, ringing, stage),
          onAnswered: (inbound, outbound, seconds) =>
            this.#desk.talk(hand, inbound, outbound, seconds, this.#transferOf(call.line, at)),
          onRedirected: (response) => this.#redirectedByPhone(hand, ringing, response),
          onRefused: (status, headers) => this.#answer(hand, status, headers),
          onCancelled: () => this.#desk.over(hand, 487, "cancelled"),
          onLost: (status) => this.#desk.over(hand, status, "lost"),
          onGivenUp: () => this.#answer(hand, 480, [], "notAnswered"),
        },
      },
    );
    this.#desk.ring(hand, () => {
      ringing.stop();
      this.#answer(hand, 480, [], "stopped");
    });
  }

  /** A phone's own 302 is its user's forwarding of this call; where policy bars it, the user has declined the call. */
  #redirectedByPhone(hand: CallAtHand, ringing: RingPhones, response: SipResponse): void {
    const target = targetOfPhone(response, hand.at.pbxHosts);
    const byPhone =
      target === undefined ? undefined : this.#options.directory.phoneForwardingOf(hand.call.line.id, target);
    this.#atStage(hand, ringing, "redirectedByPhone", byPhone);
  }

  #atStage(
    hand: CallAtHand,
    ringing: RingPhones,
    stage: Exclude<Stage, "arrived">,
    byPhone?: CompiledRule,
  ): void {
    const decision = this.#decideAgain(hand, stage, byPhone);
    if (decision.action === "ring" && stage === "noAnswer") {
      ringing.waitAgain(decision.noAnswer?.afterSeconds);
      return;
    }
    ringing.stop();
    this.#carryOut(hand);
  }

  #refuse(hand: CallAtHand, code: AnswerCode): void {
    if (code !== 180) this.#answer(hand, code);
    else this.#keepRinging(hand);
  }

  #answer(
    hand: CallAtHand,
    status: number,
    headers: HeaderFields = [],
    end: "refused" | "stopped" | "notAnswered" = "refused",
  ): void {
    const toTag = hand.transaction.localTag;
    this.#desk.answer(hand, createResponse(hand.request, status, undefined, { toTag, headers }), end);
  }

  #keepRinging(hand: CallAtHand): void {
    const { clock } = this.#options;
    const { call, flow } = hand;
    const startedAt = clock.now();
    const stop = keepRinging({
      invite: this.#inviteOf(hand),
      contactUri: call.line.contactUri(flow),
      clock,
      onOver: (status, end) => this.#desk.over(hand, status, end, clock.now() - startedAt),
    });
    this.#desk.ring(hand, stop);
  }

  #inviteOf(hand: CallAtHand): IncomingInvite {
    const { transaction, request, flow } = hand;
    return (hand.invite ??= this.#options.core.take(transaction, request, wayBack(flow)));
  }

  #rememberForwarding(call: Call, { target }: Redirect | Relay, request: SipRequest): void {
    this.#watch.noteForwarded(call.line, target);
    this.#loopGuard.remember(
      call.line.id,
      request.callId,
      request.fromTag ?? "",
      call.incoming.facts.caller.identity,
      target.canonical,
      this.#options.clock.now(),
    );
  }
}
