import type { Clock } from "../base/clock.ts";
import { authorizeFor } from "../calls/authorize.ts";
import type { Line } from "../lines/line.ts";
import type { InviteCore, InviteFailure, OutgoingInvite, Session, SipResponse } from "../sip/user-agent.ts";
import { createRequest } from "../sip/user-agent.ts";
import { createOffer } from "./test-media.ts";
import { Wait } from "./wait.ts";

/** How a test call stands at its caller. */
export type TestCallState =
  | { readonly kind: "pending" }
  | { readonly kind: "answered"; readonly session: Session }
  | { readonly kind: "failed"; readonly failure: InviteFailure };

export interface TestCallPorts {
  readonly core: InviteCore;
  readonly clock: Clock;
}

export interface TestCallPlan {
  readonly from: Line;
  /** What is dialled: an extension of the PBX. */
  readonly dialled: string;
  /** Random, digits alone: it stands in the session description. */
  readonly marker: string;
  readonly callId: string;
  readonly fromTag: string;
}

/** A call that a line under test places, as its user's phone would. */
export class PlacedTestCall {
  readonly plan: TestCallPlan;
  readonly startedAt: number;
  /** Provisional responses other than 100, as they came. */
  readonly heard: number[] = [];
  /** Told once, when it is answered or has failed. */
  onOver: (() => void) | undefined;
  readonly #clock: Clock;
  readonly #invite: OutgoingInvite;
  readonly #waits = new Set<Wait<true>>();
  #state: TestCallState = { kind: "pending" };
  #hasLeft = false;

  constructor({ core, clock }: TestCallPorts, plan: TestCallPlan) {
    const { from, dialled, marker, callId, fromTag } = plan;
    const { addressOfRecord, nextHop, route, connection } = from.way;
    const host = addressOfRecord.slice(addressOfRecord.indexOf("@") + 1);
    const uri = `${nextHop.scheme}:${dialled}@${host}`;
    this.plan = plan;
    this.startedAt = clock.now();
    this.#clock = clock;
    const request = createRequest({
      method: "INVITE",
      requestUri: uri,
      from: `<${addressOfRecord}>;tag=${fromTag}`,
      to: `<${uri}>`,
      callId,
      cseq: 1,
      headers: [
        ...route,
        ["Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS"],
        ["Content-Type", "application/sdp"],
      ],
      body: createOffer(marker),
    });
    this.#invite = core.call(request, {
      nextHop,
      ...(connection !== undefined && { way: connection }),
      authorize: authorizeFor(from),
      contactFor: (by) => `<${from.contactUri(by)}>`,
      onProgress: ({ status }) => this.#progress(status),
      onAnswered: (session) => this.#answered(session),
      onFailed: (failure) => this.#over({ kind: "failed", failure }),
    });
  }

  get state(): TestCallState {
    return this.#state;
  }

  /** The final status that the caller heard; undefined: none yet, or nothing was heard at all. */
  get finalStatus(): number | undefined {
    if (this.#state.kind === "answered") return 200;
    if (this.#state.kind === "pending" || this.#state.failure.kind !== "refused") return undefined;
    return this.#state.failure.response.status;
  }

  /** All that the caller heard, in order. */
  get statuses(): readonly number[] {
    const { finalStatus } = this;
    return finalStatus === undefined ? this.heard : [...this.heard, finalStatus];
  }

  /** Resolves when there is a final answer or none is to be had, or when time is up. */
  async over(withinMs: number): Promise<void> {
    if (this.#state.kind !== "pending") return;
    const wait = new Wait<true>(this.#clock, withinMs);
    this.#waits.add(wait);
    await wait.result;
    this.#waits.delete(wait);
  }

  /** Takes it back, or hangs up. Idempotent. */
  end(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    if (this.#state.kind === "answered") this.#state.session.hangUp();
    else if (this.#state.kind === "pending") this.#invite.cancel();
    for (const wait of this.#waits) wait.cancel();
  }

  #progress(status: SipResponse["status"]): void {
    if (this.heard.at(-1) !== status && this.heard.length < 20) this.heard.push(status);
  }

  #answered(session: Session): void {
    if (this.#hasLeft) session.hangUp();
    this.#over({ kind: "answered", session });
  }

  #over(state: TestCallState): void {
    this.#state = state;
    for (const wait of this.#waits) wait.cancel();
    this.onOver?.();
  }
}
