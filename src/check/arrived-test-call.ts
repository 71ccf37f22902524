import type { Clock } from "../base/clock.ts";
import type { LineAtPbx } from "../calls/line-at-pbx.ts";
import { contactUriOf } from "../calls/line-at-pbx.ts";
import type { IncomingCall } from "../calls/read-call.ts";
import { createRedirect } from "../calls/redirect.ts";
import type { RuleTarget } from "../forwarding/compile-rules.ts";
import type { Line } from "../lines/line.ts";
import type { IncomingInvite, Session, SipRequest } from "../sip/user-agent.ts";
import { createAnswer } from "./test-media.ts";
import { Wait } from "./wait.ts";

/** A test call as it came to a line. */
export class ArrivedTestCall {
  readonly line: Line;
  readonly at: LineAtPbx;
  /** As any call is read. */
  readonly incoming: IncomingCall;
  /** Since it was placed, or since the answer that sent it here. */
  readonly afterMs: number;
  readonly #invite: IncomingInvite;
  readonly #clock: Clock;
  readonly #cancelled: Wait<number>[] = [];
  readonly #arrivedAt: number;
  #session: Session | undefined;

  constructor(
    clock: Clock,
    parts: Pick<ArrivedTestCall, "line" | "at" | "incoming" | "afterMs"> & {
      readonly invite: IncomingInvite;
    },
  ) {
    ({
      line: this.line,
      at: this.at,
      incoming: this.incoming,
      afterMs: this.afterMs,
      invite: this.#invite,
    } = parts);
    this.#clock = clock;
    this.#arrivedAt = clock.now();
    this.#invite.onCancelled = () => {
      for (const wait of this.#cancelled) wait.fulfil(clock.now() - this.#arrivedAt);
    };
  }

  get request(): SipRequest {
    return this.#invite.request;
  }

  ring(): void {
    this.#invite.ring({ contact: this.#contact });
  }

  /** It is up then, unless the caller has gone. */
  answer(): void {
    const accepted = this.#invite.accept({
      contact: this.#contact,
      headers: [["Content-Type", "application/sdp"]],
      body: createAnswer(this.request.body, "0"),
    });
    if (accepted.ok) this.#session = accepted.value;
  }

  /** Sends it on as a forwarding of all calls does. */
  redirect(target: RuleTarget): void {
    const { setup, lineUri } = this.at;
    this.#invite.refuseWith(
      createRedirect(this.request, {
        toTag: this.#invite.localTag,
        contactUri: contactUriOf(this.at, target),
        lineUri,
        reason: "unconditional",
        diversion: setup.profile.diversion,
        historyInfo: setup.profile.historyInfo,
      }),
    );
  }

  /** Milliseconds of ringing until the PBX takes it back; undefined: it has not in that time. */
  async cancelled(withinMs: number): Promise<number | undefined> {
    if (!this.#invite.isOpen) return undefined;
    const wait = new Wait<number>(this.#clock, withinMs);
    this.#cancelled.push(wait);
    return await wait.result;
  }

  /** Refuses it as busy, or hangs up. Idempotent. */
  end(): void {
    this.#invite.refuse(486);
    this.#session?.hangUp();
    for (const wait of this.#cancelled) wait.cancel();
  }

  get #contact(): string {
    return `<${this.line.contactUri(this.#invite.flow)}>`;
  }
}
