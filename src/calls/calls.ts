/**
 * Every call to every line: found, decided, answered. The way from the INVITE to its 302 is the hot path: no promise, no
 * I/O, nothing looked up twice.
 */
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { RandomSource } from "../base/random.ts";
import type { Directory } from "../directory/directory.ts";
import type { Decision, Redirect } from "../forwarding/decide.ts";
import { decide } from "../forwarding/decide.ts";
import { LoopGuard } from "../forwarding/loop-guard.ts";
import type { Line } from "../lines/line.ts";
import type { Flow, ServerTransaction, SipRequest, SipResponse } from "../sip/user-agent.ts";
import { createResponse } from "../sip/user-agent.ts";
import { refusalOfInvite, refusalToRing } from "./answer-request.ts";
import type { CallEnd } from "./call-end.ts";
import type { Call } from "./call.ts";
import { keepRinging } from "./keep-ringing.ts";
import type { LineAtPbx } from "./line-at-pbx.ts";
import { contactUriOf, lineAtPbx, lineStateOf } from "./line-at-pbx.ts";
import type { IncomingCall } from "./read-call.ts";
import { readCall } from "./read-call.ts";
import { createRedirect } from "./redirect.ts";

export interface CallsOptions {
  readonly directory: Pick<Directory, "setupOf" | "rulesOf" | "doNotDisturbOf">;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly logger: Logger;
  /** The URI by which the line is reached at us by that flow. */
  readonly contactUri: (line: Line, flow: Flow) => string;
  readonly observer: CallObserver;
}

/** Who is told of calls. Neither may throw. */
export interface CallObserver {
  /** It is decided, and the answer is on its way. */
  onDecided(call: Call): void;
  /** It has ended, or is out of our hands; `call.phase` says how. */
  onEnded(call: Call, durationMs: number): void;
}

export class Calls {
  readonly #options: CallsOptions;
  readonly #loopGuard = new LoopGuard();
  /** Calls that ring; all others are out of our hands as soon as they are decided. */
  readonly #ringing = new Set<Call>();

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** An INVITE came for a line, from an address of its own PBX. Answered before this returns. */
  receive(line: Line, transaction: ServerTransaction, request: SipRequest, flow: Flow): void {
    const refusal = refusalOfInvite(request, transaction.localTag);
    if (refusal !== undefined) {
      transaction.respond(refusal);
      return;
    }
    const setup = this.#options.directory.setupOf(line.id);
    const rules = this.#options.directory.rulesOf(line.id);
    if (setup === undefined || rules === undefined) {
      transaction.respond(createResponse(request, 404, undefined, { toTag: transaction.localTag }));
      return;
    }
    const { clock } = this.#options;
    const at = lineAtPbx(setup);
    const incoming = readCall(request, flow, at);
    const { identity } = incoming.facts.caller;
    const loops = this.#loopGuard.recall(
      line.id,
      request.callId,
      request.fromTag ?? "",
      identity,
      clock.now(),
    );
    const { callsInProgress } = line;
    const doNotDisturb = this.#options.directory.doNotDisturbOf(line.id);
    // A call that came while another is up proves that the PBX delivers a second one.
    const state = {
      ...lineStateOf(at, { callsInProgress, phones: 0, doNotDisturb }),
      secondCall: "yes" as const,
    };
    const decision = decide({ ...incoming.facts, loops }, state, rules, clock.wallTime());
    const call = this.#begin(line, incoming, callsInProgress > 0, decision);
    this.#carryOut(call, at, transaction, request, flow);
  }

  /** Ends the calls that ring; the others are out of our hands already. Idempotent. */
  close(): void {
    for (const { phase } of [...this.#ringing]) if (phase.phase === "ringing") phase.stop();
  }

  #begin(line: Line, incoming: IncomingCall, isBusy: boolean, decision: Decision): Call {
    const { clock, random } = this.#options;
    return {
      id: random.token(96),
      line,
      startedAt: clock.wallTime(),
      incoming,
      lineState: isBusy ? "busy" : "idle",
      decision,
      phase: { phase: "answered", status: 0, end: "lost" },
    };
  }

  #carryOut(
    call: Call,
    at: LineAtPbx,
    transaction: ServerTransaction,
    request: SipRequest,
    flow: Flow,
  ): void {
    const { decision } = call;
    const toTag = transaction.localTag;
    switch (decision.action) {
      case "redirect": {
        // RFC 3261 §16.3: a call that may go no further is not sent further.
        if (request.maxForwards === 0) {
          this.#answer(call, transaction, createResponse(request, 483, undefined, { toTag }), "refused");
          return;
        }
        this.#rememberForwarding(call, decision, request);
        const { profile } = at.setup;
        const response = createRedirect(request, {
          toTag,
          contactUri: contactUriOf(at, decision.target),
          lineUri: at.lineUri,
          reason: decision.diversionReason,
          diversion: profile.diversion,
          historyInfo: profile.historyInfo,
        });
        this.#answer(call, transaction, response, "redirected");
        return;
      }
      case "relay":
      case "ring":
        // Phones and relayed calls are not carried yet: the line has no phone that could be reached.
        this.#refuse(call, at, transaction, request, flow, at.setup.group.answers.noPhone);
        return;
      case "reject":
        this.#refuse(call, at, transaction, request, flow, decision.code);
    }
  }

  #refuse(
    call: Call,
    at: LineAtPbx,
    transaction: ServerTransaction,
    request: SipRequest,
    flow: Flow,
    code: 486 | 480 | 603 | 180,
  ): void {
    const { localTag: toTag } = transaction;
    const refusal =
      code === 180 ? refusalToRing(request, toTag) : createResponse(request, code, undefined, { toTag });
    if (refusal === undefined) this.#keepRinging(call, transaction, request, flow);
    else this.#answer(call, transaction, refusal, "refused");
  }

  #answer(call: Call, transaction: ServerTransaction, response: SipResponse, end: CallEnd): void {
    const { clock, observer } = this.#options;
    const startedAt = clock.now();
    const { status } = response;
    call.phase = { phase: "answered", status, end };
    transaction.onEnd = (how) => {
      const ended = how === "acknowledged" ? end : how === "timeout" ? "notAcknowledged" : "lost";
      call.phase = { phase: "ended", status, end: ended };
      observer.onEnded(call, clock.now() - startedAt);
    };
    transaction.respond(response);
    observer.onDecided(call);
  }

  #keepRinging(call: Call, transaction: ServerTransaction, request: SipRequest, flow: Flow): void {
    const { clock, observer, contactUri } = this.#options;
    const startedAt = clock.now();
    const inProgress = call.line.beginCall();
    this.#ringing.add(call);
    let isStopping = false;
    const stop = keepRinging({
      request,
      transaction,
      contactUri: contactUri(call.line, flow),
      clock,
      onOver: (status) => {
        this.#ringing.delete(call);
        inProgress.end();
        const end = status === 487 ? "cancelled" : isStopping ? "stopped" : "notAnswered";
        call.phase = { phase: "ended", status, end };
        observer.onEnded(call, clock.now() - startedAt);
      },
    });
    call.phase = {
      phase: "ringing",
      stop: () => {
        isStopping = true;
        stop();
      },
    };
    observer.onDecided(call);
  }

  #rememberForwarding(call: Call, { target }: Redirect, request: SipRequest): void {
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
