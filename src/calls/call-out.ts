/**
 * A phone calls somebody: the call leaves by its line, in the line's name and with the line's credentials, to whatever
 * was dialled.
 */
import type { Clock } from "../base/clock.ts";
import type { RandomSource } from "../base/random.ts";
import type { Line } from "../lines/line.ts";
import type {
  EarlyDialog,
  Flow,
  InviteCore,
  InviteFailure,
  OwnWay,
  Session,
  ServerTransaction,
  SipRequest,
  SipResponse,
} from "../sip/user-agent.ts";
import { createResponse, encodeText } from "../sip/user-agent.ts";
import { refusalOfInvite } from "./answer-request.ts";
import { authorizeFor } from "./authorize.ts";
import type { ReferHandler } from "./bridge/bridge.ts";
import { join } from "./bridge/bridge.ts";
import type { CallEnd } from "./call-end.ts";
import { endsOfTalk, stopped } from "./call-end.ts";
import { hostOf, readDialled } from "./dialled.ts";
import { EarlyCall } from "./early-call.ts";
import { hopsLeft, responseHeaders, withBody } from "./pass-headers.ts";
import { type IntervalPassage, passInterval } from "./pass-interval.ts";
import { createPlacedInvite } from "./place-invite.ts";

export interface CallOutPorts {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly core: InviteCore;
  readonly contactUri: (user: string, flow: Flow) => string;
}

/** A call that a phone places, as the log keeps it. */
export interface PlacedCall {
  readonly id: string;
  readonly line: Line;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** As it was dialled. */
  readonly dialled: string;
  readonly isBusy: boolean;
  /** Divert placed it, because a phone handed its call on. */
  readonly isTransfer?: boolean;
}

export interface CallOut {
  readonly line: Line;
  /** By which the phone proved who it is. */
  readonly username: string;
  /** By which the phone is reached. */
  readonly way: OwnWay;
  /** Hosts that mean the line's PBX. */
  readonly pbxHosts: ReadonlySet<string>;
  readonly transaction: ServerTransaction;
  readonly request: SipRequest;
  /** Carries its transfers out. */
  readonly transfer: ReferHandler;
  /** The call is on its way, and again when it is answered or joined anew; `stop` ends it as it is then. */
  readonly onBegun: (call: PlacedCall, stop: () => void) => void;
  /** Told once when it was begun. `durationMs`: how long they talked. */
  readonly onEnded: (call: PlacedCall, status: number, end: CallEnd, durationMs: number) => void;
}

/** Whoever was dialled and neither answers nor refuses is given up on. */
const longestMs = 10 * 60_000;

export function callOut(ports: CallOutPorts, out: CallOut): void {
  const { clock, random, core, contactUri } = ports;
  const { line, username, transaction, request } = out;
  const toTag = transaction.localTag;
  const dialled = readDialled(request.requestUri, out.pbxHosts);
  const maxForwards = hopsLeft(request);
  const interval = passInterval(request);
  const refusal = refusalOfInvite(request, toTag) ?? tooBrief(request, toTag, interval);
  if (refusal !== undefined || dialled === undefined || maxForwards === undefined) {
    const status = maxForwards === undefined ? 483 : 404;
    transaction.respond(refusal ?? createResponse(request, status, undefined, { toTag }));
    return;
  }

  const call: PlacedCall = {
    id: random.token(96),
    line,
    startedAt: clock.wallTime(),
    dialled,
    isBusy: line.callsInProgress > 0,
  };
  const inProgress = line.beginCall();
  const invite = core.take(transaction, request, out.way);
  const phoneContact = `<${contactUri(username, invite.flow)}>`;
  const { addressOfRecord, nextHop, route, connection } = line.way;
  const { displayName } = line.configuration;
  const requestUri = `${nextHop.scheme}:${dialled}@${hostOf(addressOfRecord)}`;
  const authorize = authorizeFor(line);
  const early = new EarlyCall({ clock, invite, contact: phoneContact, passesThrough: true });
  let lineContact = "";

  const longest = clock.after(longestMs, () => giveUp("notAnswered"));
  const over = (status: number, end: CallEnd, durationMs = 0): void => {
    longest.cancel();
    early.close();
    inProgress.end();
    out.onEnded(call, status, end, durationMs);
  };
  const refuse = (status: number, end: CallEnd, response?: SipResponse): void => {
    if (invite.refuse(status, response === undefined ? [] : responseHeaders(response))) over(status, end);
  };

  const sent = core.call(
    createPlacedInvite(
      request,
      {
        requestUri,
        from: {
          ...(displayName !== undefined && { displayName: encodeText(displayName) }),
          uri: addressOfRecord,
          parameters: new Map(),
        },
        to: `<${requestUri}>`,
        route: route.map(([, value]) => value),
        maxForwards,
        cameFrom: "phone",
        headers: [...early.headers, ...interval.headers],
      },
      random,
    ),
    {
      nextHop,
      ...(connection !== undefined && { way: connection }),
      authorize,
      acknowledgesLater: request.body.length === 0,
      contactFor: (by) => (lineContact = `<${line.contactUri(by)}>`),
      onProgress: (response, from) => early.hear({ response, early: from, contact: lineContact }),
      onAnswered: answered,
      onFailed: failed,
    },
  );
  invite.onCancelled = (cancel) => {
    sent.cancel(cancel.headers.all("Reason").map((value) => ["Reason", value] as const));
    over(487, "cancelled");
  };
  // The phone has been told: whoever it called hears of it too.
  invite.onLost = (status) => {
    sent.cancel();
    over(status, "lost");
  };
  out.onBegun(call, () => giveUp("stopped"));

  function giveUp(end: "notAnswered" | "stopped"): void {
    sent.cancel();
    refuse(480, end);
  }

  function answered(outbound: Session, response: SipResponse, from: EarlyDialog | undefined): void {
    const agreed = interval.agree(response);
    const headers = [...responseHeaders(response), ...agreed.headers];
    const parts = { contact: phoneContact, headers, ...withBody(response) };
    const isOpen = invite.isOpen;
    const inbound = invite.accept(parts, from);
    if (!inbound.ok) {
      outbound.hangUp();
      if (isOpen) over(400, "lost");
      return;
    }
    longest.cancel();
    early.close();
    inProgress.establish();
    const answeredAt = clock.now();
    const parties = early.parties(response, from);
    join(
      { session: inbound.value, contact: phoneContact, at: "phone", party: parties.caller },
      { session: outbound, contact: lineContact, at: "pbx", party: parties.called },
      {
        lineId: line.id,
        clock,
        interval: agreed.interval,
        transfer: out.transfer,
        onJoined: (bridge) => out.onBegun(call, () => bridge.hangUp(stopped)),
        onEnded: (end) => over(200, endsOfTalk[end], clock.now() - answeredAt),
      },
    );
  }

  function failed(failure: InviteFailure): void {
    if (failure.kind === "timeout") refuse(408, "unreachable");
    else if (failure.kind !== "refused") refuse(503, "unreachable");
    else {
      const { response } = failure;
      const { status } = response;
      // The password is the line's, not the phone's: a challenge that could not be met ends here. RFC 3261 §8.1.3.4:
      // where the PBX would send the call is not followed, since the phone has dialled something else.
      const isOurs = status < 400 || status === 401 || status === 407;
      refuse(isOurs ? 480 : status, "refused", response);
    }
  }
}

/** RFC 4028 §8.1: the phone asks for an interval shorter than any may be. */
function tooBrief(request: SipRequest, toTag: string, { refusal }: IntervalPassage): SipResponse | undefined {
  return refusal && createResponse(request, refusal.status, undefined, { toTag, headers: refusal.headers });
}
