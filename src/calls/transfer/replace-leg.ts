/**
 * An INVITE with Replaces (RFC 3891): somebody takes the place of one end of a call that is up. That is how a call is
 * picked up, and how a transfer of the other side ends. The end that stays is offered the newcomer's media, and only when
 * it has taken them is the one hung up on that is replaced; so whatever fails leaves the call as it was.
 */
import type { Clock } from "../../base/clock.ts";
import type { RandomSource } from "../../base/random.ts";
import type { Result } from "../../base/result.ts";
import { fail, succeed } from "../../base/result.ts";
import type {
  AnswerParts,
  Authorize,
  Figure,
  IncomingInvite,
  InviteCore,
  Session,
  SipRequest,
  SipResponse,
} from "../../sip/user-agent.ts";
import { Machine, readReplaces, to } from "../../sip/user-agent.ts";
import type { BridgeEnd } from "../bridge/bridge.ts";
import { callHeaders } from "../methods-in-call.ts";
import type { Leg, Side } from "../bridge/leg.ts";
import { sideOf } from "../bridge/leg.ts";
import { holdAlone, offerTo } from "../bridge/lone-leg.ts";
import { Party } from "../bridge/party.ts";
import { bodyOf, responseHeaders, withBody } from "../pass-headers.ts";
import type { IntervalPassage } from "../pass-interval.ts";

/** Who may be replaced: ends of calls of that line on that side. */
export interface Replaceable {
  readonly lineId: string;
  readonly at: "pbx" | "phone";
}

/** The side of a call that the INVITE would take over, or the status that refuses it. */
export function findReplaced(
  request: SipRequest,
  core: Pick<InviteCore, "findDialog">,
  { lineId, at }: Replaceable,
): Result<Side, number> {
  const replaces = readReplaces(request);
  // RFC 3891 §3: one, and legible; RFC 3911 §4: not both at once.
  if (replaces === undefined || request.headers.has("Join")) return fail(400);
  const { callId, toTag, fromTag, isEarlyOnly } = replaces;
  const session = core.findDialog({ callId, localTag: toTag, remoteTag: fromTag });
  const side = session && sideOf(session);
  // RFC 3891 §3: no such call. Only those that are answered can be taken over; one that rings is none of ours to give.
  // RFC 3891 §8: whoever comes by one line has no business with the calls of another, and does not hear of them.
  if (side?.lineId !== lineId || side.leg.at !== at) return fail(481);
  // RFC 3891 §3: it was wanted only as long as it rang.
  if (isEarlyOnly) return fail(486);
  // RFC 3891 §3: it is just ending.
  if (session?.state === "leaving") return fail(603);
  return side.bridge.isEntrusted ? fail(491) : succeed(side);
}

/** `…Alone`: whom it replaces has hung up already. `withdrawn`: the newcomer has given up. */
export type ReplacementState = "offering" | "offeringAlone" | "withdrawn" | "ended";

export interface ReplacementInputs {
  "other accepts": SipResponse;
  "other refuses": number;
  "other leaves": undefined;
  "replaced leaves": BridgeEnd;
  "newcomer gives up": undefined;
}

export const figure: Figure<ReplacementState, ReplacementInputs, LegReplacement> = {
  offering: {
    "other accepts": to("ended", acceptNewcomer),
    "other refuses": to("ended", refuseNewcomer, giveBack),
    "other leaves": to("ended", refuseAsGone),
    "replaced leaves": to("offeringAlone", keepOther),
    "newcomer gives up": to("withdrawn"),
  },
  offeringAlone: {
    "other accepts": to("ended", acceptNewcomer),
    "other refuses": to("ended", refuseNewcomer, endCall),
    "other leaves": to("ended", refuseAsGone, endCall),
    "newcomer gives up": to("ended", endCall),
  },
  withdrawn: {
    "other accepts": to("ended", offerAgain),
    "other refuses": to("ended", giveBack),
    "other leaves": to("ended"),
    "replaced leaves": to("ended", keepOther, endCall),
  },
  ended: {},
};

function acceptNewcomer(replacement: LegReplacement, success: SipResponse): void {
  replacement.accept(success);
}

function refuseNewcomer(replacement: LegReplacement, status: number): void {
  replacement.options.invite.refuse(status);
}

function refuseAsGone(replacement: LegReplacement): void {
  replacement.options.invite.refuse(481);
}

function keepOther(replacement: LegReplacement, end: BridgeEnd): void {
  replacement.keepOther(end);
}

function giveBack(replacement: LegReplacement): void {
  replacement.giveBack();
}

function endCall(replacement: LegReplacement): void {
  replacement.endCall();
}

/** The other has taken media that do not come: it is offered those of the end that has it still. */
function offerAgain(replacement: LegReplacement): void {
  replacement.offerAgain();
}

export interface LegReplacementOptions {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly invite: IncomingInvite;
  /** Whose place is taken. */
  readonly side: Side;
  /** Contact towards the newcomer. */
  readonly contact: string;
  readonly interval: IntervalPassage;
  /** Answers the INVITE, by the way on which the newcomer is. */
  readonly accept: (parts: AnswerParts) => Result<Session, string>;
  /** Answers its challenges later on. */
  readonly authorize?: Authorize;
}

export class LegReplacement {
  readonly options: LegReplacementOptions;
  readonly #machine: Machine<ReplacementState, ReplacementInputs, LegReplacement>;
  #isOffered = false;
  /** How the one that is replaced has left. */
  #end: BridgeEnd = "lost";

  constructor(options: LegReplacementOptions) {
    this.options = options;
    const { invite, side } = options;
    const machine = new Machine<ReplacementState, ReplacementInputs, LegReplacement>(
      figure,
      "offering",
      this,
      { entered() {}, ignored() {} },
    );
    this.#machine = machine;
    side.bridge.entrust(side.other, {
      onLeft: (end) => machine.handle("replaced leaves", end),
      onOver: () => machine.handle("other leaves", undefined),
    });
    invite.onCancelled = () => machine.handle("newcomer gives up", undefined);
    invite.onLost = () => machine.handle("newcomer gives up", undefined);
    side.bridge.exchange.whenFree(() => this.#makeOffer());
  }

  get state(): ReplacementState {
    return this.#machine.state;
  }

  /** For the figure. */
  keepOther(end: BridgeEnd): void {
    this.#end = end;
    holdAlone(this.options.side.other, () => this.#machine.handle("other leaves", undefined));
    this.#makeOffer();
  }

  /** For the figure. */
  giveBack(): void {
    const { bridge } = this.options.side;
    bridge.reclaim();
    if (this.#isOffered) bridge.exchange.end();
  }

  /** For the figure: without whom it is replaced, and without the newcomer. */
  endCall(): void {
    const { bridge, other } = this.options.side;
    const { transfer, onEnded } = bridge.options;
    other.session.hangUp();
    onEnded(transfer?.judge(this.#end) ?? this.#end);
  }

  /** For the figure. */
  offerAgain(): void {
    const { bridge, leg, other } = this.options.side;
    bridge.reclaim();
    other.session.confirm();
    offerTo(this.options, other, leg.party.media, () => {
      other.session.confirm();
      bridge.exchange.end();
    });
  }

  /** For the figure: the other has taken the newcomer's media. */
  accept(success: SipResponse): void {
    const { invite, side, contact, interval, authorize } = this.options;
    const { bridge, leg: replaced, other } = side;
    const { request } = invite;
    const agreed = interval.agree(success);
    const accepted = this.options.accept({
      contact,
      headers: [...callHeaders, ...responseHeaders(success), ...agreed.headers],
      ...withBody(success),
    });
    // RFC 3261 §13.2.1: where the newcomer made no offer, its ACK holds the answer.
    if (!accepted.ok || request.body.length > 0) other.session.confirm();
    if (!accepted.ok) {
      if (bridge.isOver) this.endCall();
      else this.offerAgain();
      return;
    }
    const session = accepted.value;
    session.authorize = authorize;
    const newcomer: Leg = { session, contact, at: replaced.at, party: new Party(request, success) };
    bridge.replace(replaced, newcomer, agreed.interval);
  }

  #makeOffer(): void {
    const { invite, side, interval } = this.options;
    const { bridge, leg: replaced, other } = side;
    if (this.#isOffered || this.state === "ended") return;
    if (this.state === "withdrawn") {
      this.#machine.handle("other refuses", 487);
      return;
    }
    this.#isOffered = true;
    if (!bridge.isOver) bridge.exchange.begin(replaced);
    const { request } = invite;
    const offer = request.body.length === 0 ? undefined : bodyOf(request);
    offerTo(
      this.options,
      other,
      offer,
      (result) => {
        if (result.ok) this.#machine.handle("other accepts", result.value);
        else this.#machine.handle("other refuses", result.failure);
      },
      interval.headers,
    );
  }
}
