/** The two ways to the end that a call is transferred to: it is called over the line, or it is in a call already. */
import type { Clock } from "../../base/clock.ts";
import type { RandomSource } from "../../base/random.ts";
import type { Result } from "../../base/result.ts";
import type { Line } from "../../lines/line.ts";
import type { InviteCore, InviteFailure, SipRequest, SipResponse } from "../../sip/user-agent.ts";
import { createRequest, encodeText, serializeNameAddr } from "../../sip/user-agent.ts";
import { authorizeFor } from "../authorize.ts";
import { callHeaders } from "../methods-in-call.ts";
import type { Leg, Side } from "../bridge/leg.ts";
import { holdAlone, offerTo } from "../bridge/lone-leg.ts";
import { Party } from "../bridge/party.ts";
import type { MediaDescription } from "../pass-headers.ts";

/** RFC 3261 §16.6, timer C: who rings for longer is given up on. */
const longestMs = 180_000;

export interface TargetPorts {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly core: InviteCore;
}

/** Who wants the target. */
export interface TargetUser {
  onRinging(status: number): void;
  /** It has answered; `success` holds what it says of its media. Told once, or `onFailed` is. */
  onAnswered(leg: Leg, success: SipResponse): void;
  onFailed(status: number): void;
  /** It has answered, and hung up again. */
  onLeft(): void;
}

/** The end that a call is transferred to, on its way. */
export interface TransferTarget {
  /** The transferee has taken its media: the leg is the caller's from now on. */
  take(): void;
  /** It is not wanted, or not wanted any more. Idempotent. */
  dismiss(): void;
}

export interface Destination {
  readonly line: Line;
  /** Escaped as it stands in a URI. */
  readonly user: string;
  readonly domain: string;
  readonly lineUri: string;
  readonly maxForwards: number;
  /** The transferee's. Absent: it has described none, and the target makes the offer. */
  readonly media: MediaDescription | undefined;
}

/** Calls it over the line, in the line's name. */
export function callTarget(
  { clock, random, core }: TargetPorts,
  destination: Destination,
  user: TargetUser,
): TransferTarget {
  const { line, media } = destination;
  const { nextHop, connection } = line.way;
  let contact = "";
  let leg: Leg | undefined;
  let isTimedOut = false;
  const timer = clock.after(longestMs, () => {
    isTimedOut = true;
    sent.cancel();
  });
  const invite = inviteOf(destination, random);
  const sent = core.call(invite, {
    nextHop,
    ...(connection !== undefined && { way: connection }),
    authorize: authorizeFor(line),
    acknowledgesLater: media === undefined,
    contactFor: (by) => (contact = `<${line.contactUri(by)}>`),
    onProgress: ({ status }) => {
      // RFC 6228 §4: one of several early dialogs has ended.
      if (status !== 199) user.onRinging(status);
    },
    onAnswered: (session, response) => {
      timer.cancel();
      leg = { session, contact, at: "pbx", party: new Party(response, media) };
      holdAlone(leg, () => user.onLeft());
      user.onAnswered(leg, response);
    },
    onFailed: (failure) => {
      timer.cancel();
      user.onFailed(isTimedOut ? 408 : statusOf(failure));
    },
  });
  return {
    take() {
      // The bridge takes over the session's events.
    },
    dismiss() {
      timer.cancel();
      if (leg === undefined) sent.cancel();
      else leg.session.hangUp();
    },
  };
}

/** How far another call's end has come: `dismissed` while its answer is still awaited. */
type OtherPhase = "waiting" | "offered" | "answered" | "dismissed" | "over";

/** Offers the transferee's media to the other end of another call, which goes on as it was when that comes to nothing. */
export function offerToOther(
  ports: TargetPorts,
  { leg: phone, other: leg, bridge }: Side,
  media: MediaDescription | undefined,
  user: TargetUser,
): TransferTarget {
  let phase: OtherPhase = "waiting";
  const left = (): void => {
    const before = phase;
    phase = "over";
    if (before === "answered") user.onLeft();
    else if (before === "waiting" || before === "offered") user.onFailed(480);
  };
  const makeOffer = (): void => {
    if (phase !== "waiting") return;
    phase = "offered";
    if (!bridge.isOver) bridge.exchange.begin(phone);
    offerTo(ports, leg, media, answered);
  };
  bridge.entrust(leg, {
    onLeft: (): void => {
      // RFC 5589 §7: a phone that has handed the call on may hang up at once.
      holdAlone(leg, left);
      bridge.options.onEnded("transferred");
      makeOffer();
    },
    onOver: left,
  });
  bridge.exchange.whenFree(makeOffer);

  function answered(result: Result<SipResponse, number>): void {
    if (phase === "dismissed") {
      if (result.ok) restore();
      else giveBack();
    } else if (phase === "offered" && result.ok) {
      phase = "answered";
      if (media !== undefined) leg.session.confirm();
      user.onAnswered(leg, result.value);
    } else if (phase === "offered") {
      giveBack();
      user.onFailed(result.ok ? 480 : result.failure);
    }
  }

  /** It has taken media that do not come: it is offered the phone's again. */
  function restore(): void {
    leg.session.confirm();
    if (bridge.isOver) {
      giveBack();
      return;
    }
    bridge.reclaim();
    offerTo(ports, leg, phone.party.media, () => {
      leg.session.confirm();
      giveBack();
    });
  }

  function giveBack(): void {
    phase = "over";
    if (bridge.isOver) {
      leg.session.hangUp();
      return;
    }
    bridge.reclaim();
    bridge.exchange.end();
  }

  return {
    take() {
      phase = "over";
      if (bridge.isOver) return;
      bridge.release(leg);
      bridge.options.onEnded("transferred");
    },
    dismiss() {
      if (phase === "waiting") {
        phase = "over";
        bridge.reclaim();
      } else if (phase === "offered") {
        phase = "dismissed";
        if (bridge.isOver) giveBack();
      } else if (phase === "answered") {
        phase = "dismissed";
        restore();
      }
    },
  };
}

function inviteOf(destination: Destination, random: TargetPorts["random"]): SipRequest {
  const { line, user, domain, lineUri, maxForwards, media } = destination;
  const { addressOfRecord, nextHop, route } = line.way;
  const { displayName } = line.configuration;
  const requestUri = `${nextHop.scheme}:${user}@${domain}`;
  return createRequest({
    method: "INVITE",
    requestUri,
    from: serializeNameAddr({
      ...(displayName !== undefined && { displayName: encodeText(displayName) }),
      uri: addressOfRecord,
      parameters: new Map([["tag", random.token(64)]]),
    }),
    to: `<${requestUri}>`,
    callId: random.token(128),
    cseq: 1,
    maxForwards,
    headers: [
      ...route,
      // RFC 3892 §2.1: who has handed the call on.
      ["Referred-By", `<${lineUri}>`],
      ...callHeaders,
      ...(media?.headers ?? []),
    ],
    ...(media?.body !== undefined && { body: media.body }),
  });
}

function statusOf(failure: InviteFailure): number {
  if (failure.kind === "cancelled") return 487;
  if (failure.kind !== "refused") return failure.kind === "timeout" ? 408 : 503;
  const { status } = failure.response;
  // A challenge that the line cannot answer, and where the target has moved, are not the phone's to deal with.
  return status === 401 || status === 407 || status < 400 ? 480 : status;
}
