/** Where each call stands: acts tell it here, line, log and listeners hear of it, and what is up can be ended. */
import type { Clock } from "../base/clock.ts";
import type { ServerTransactionEnd, SipResponse } from "../sip/user-agent.ts";
import { authorizeFor } from "./authorize.ts";
import type { ReferHandler } from "./bridge/bridge.ts";
import { join } from "./bridge/bridge.ts";
import type { CallEnd } from "./call-end.ts";
import { endsOfTalk, stopped } from "./call-end.ts";
import type { CallRecord } from "./call-log.ts";
import type { Call, CallAtHand } from "./call.ts";
import type { PlacedCall } from "./call-out.ts";
import { describePlacedCall } from "./describe-call.ts";
import type { ReachedLimit } from "./forwarding-watch.ts";
import type { Leg } from "./bridge/leg.ts";
import type { Line } from "../lines/line.ts";

/** Who is told of calls. None may throw. */
export interface CallObserver {
  /** It is decided, and the answer is on its way; told again when a later stage of the call decides it anew. */
  onDecided(call: Call): void;
  /** It has ended, or is out of our hands; `call.phase` says how. For a call that was answered, `durationMs` is how long they talked. */
  onEnded(call: Call, durationMs: number): void;
  /** A call that a phone placed has ended. */
  onPlacedEnded(record: CallRecord): void;
  /** A line's forwardings have reached a limit: somebody should look whether it is fraud. Told once in an hour a line. */
  onLimit(line: Line, limit: ReachedLimit): void;
  /** Told beside the two above: each call ends once, in one of a few words. */
  onEnd(end: CallEnd): void;
}

export class CallDesk {
  readonly #clock: Clock;
  readonly #observer: CallObserver;
  /** Calls that ring or talk, with what ends them; all others are out of our hands as soon as they are decided. */
  readonly #active = new Map<object, () => void>();
  #onIdle: (() => void) | undefined;

  constructor(clock: Clock, observer: CallObserver) {
    this.#clock = clock;
    this.#observer = observer;
  }

  /** Calls that ring or talk. */
  get active(): number {
    return this.#active.size;
  }

  /** Gives the call its final response, which ends it as soon as it is acknowledged. */
  answer({ call, transaction, inProgress, invite }: CallAtHand, response: SipResponse, end: CallEnd): void {
    const startedAt = this.#clock.now();
    const { status } = response;
    call.phase = { phase: "answered", status, end };
    // The call is out of our hands: all that is waited for is that its answer is heard.
    inProgress?.end();
    this.#forget(call);
    transaction.onEnd = (how) => {
      const ended = endOf(how, end);
      call.phase = { phase: "ended", status, end: ended };
      this.#observer.onEnd(ended);
      this.#observer.onEnded(call, this.#clock.now() - startedAt);
    };
    if (invite === undefined) transaction.respond(response);
    else invite.refuseWith(response);
  }

  /** The call rings from now on, or rings elsewhere than before; `stop` ends it. */
  ring(hand: CallAtHand, stop: () => void): void {
    hand.inProgress ??= hand.call.line.beginCall();
    hand.call.phase = { phase: "ringing" };
    this.#active.set(hand.call, stop);
  }

  /** Both ends have answered: they are joined until one hangs up, or until neither refreshes the call in `interval` seconds. */
  talk(hand: CallAtHand, inbound: Leg, outbound: Leg, interval?: number, transfer?: ReferHandler): void {
    const { call } = hand;
    const answeredAt = this.#clock.now();
    hand.inProgress?.establish();
    // The call came from the PBX, which may ask for the line's password again at whatever is said within it.
    inbound.session.authorize = authorizeFor(call.line);
    join(inbound, outbound, {
      lineId: call.line.id,
      clock: this.#clock,
      interval,
      ...(transfer !== undefined && { transfer }),
      onJoined: (bridge) => this.hold(call, () => bridge.hangUp(stopped)),
      onEnded: (end) => this.over(hand, 200, endsOfTalk[end], this.#clock.now() - answeredAt),
    });
    call.phase = { phase: "talking", answeredAt: this.#clock.wallTime() };
  }

  /** The call has ended with that status. */
  over({ call, inProgress }: CallAtHand, status: number, end: CallEnd, durationMs = 0): void {
    inProgress?.end();
    call.phase = { phase: "ended", status, end };
    this.#forget(call);
    this.#observer.onEnd(end);
    this.#observer.onEnded(call, durationMs);
  }

  /** Something else that rings or talks, as a call that a phone places: `stop` ends it as it is now. */
  hold(held: object, stop: () => void): void {
    this.#active.set(held, stop);
  }

  /** It has ended, and there is nothing to be told of it. */
  letGo(held: object): void {
    this.#forget(held);
  }

  /** It has ended. */
  placedOver(call: PlacedCall, status: number, end: CallEnd, durationMs: number): void {
    this.#forget(call);
    this.#observer.onEnd(end);
    this.#observer.onPlacedEnded(describePlacedCall(call, status, end, durationMs));
  }

  /** Resolves when no call rings or talks any more; after `withinMs` those that still do are ended. */
  async drain(withinMs: number): Promise<void> {
    if (this.#active.size === 0) return;
    const timer = this.#clock.after(withinMs, () => this.close());
    await new Promise<void>((resolve) => (this.#onIdle = resolve));
    timer.cancel();
  }

  /** Ends all calls that ring or talk. Idempotent. */
  close(): void {
    for (const stop of [...this.#active.values()]) stop();
  }

  #forget(call: object): void {
    this.#active.delete(call);
    if (this.#active.size === 0) this.#onIdle?.();
  }
}

function endOf(how: ServerTransactionEnd, end: CallEnd): CallEnd {
  if (how === "acknowledged") return end;
  return how === "timeout" ? "notAcknowledged" : "lost";
}
