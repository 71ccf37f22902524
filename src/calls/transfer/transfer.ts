/**
 * A phone hands its call on (RFC 3515, RFC 5589): its REFER goes to the PBX, which does the transfer. A PBX that does none
 * is spared: Divert does it itself, and so where the PBX cannot know the other call.
 */
import type { Line } from "../../lines/line.ts";
import type { HeaderFields } from "../../sip/user-agent.ts";
import { createResponse } from "../../sip/user-agent.ts";
import type { Bridge, BridgeEnd, ReferHandler } from "../bridge/bridge.ts";
import type { CallDesk } from "../call-desk.ts";
import { endsOfTalk, stopped } from "../call-end.ts";
import type { PlacedCall } from "../call-out.ts";
import { hostOf, readDialled } from "../dialled.ts";
import { OwnTransfer } from "./own-transfer.ts";
import { hopsLeft } from "../pass-headers.ts";
import { type Passage, passRequest } from "../bridge/pass-request.ts";
import { ReferProgress } from "./refer-progress.ts";
import type { ReferringLine, ReferTarget } from "./refer-target.ts";
import { readReferTarget, referHeaders } from "./refer-target.ts";
import type { TargetPorts } from "./transfer-target.ts";
import { callTarget, offerToOther } from "./transfer-target.ts";

export interface TransferPorts extends TargetPorts {
  readonly desk: Pick<CallDesk, "hold" | "letGo" | "placedOver">;
}

export interface TransferTerms {
  /** Whose phone it is: it joins calls of that line, or of its own device, alone. */
  readonly line: Line;
  /** Hosts that mean the line's PBX. */
  readonly pbxHosts: ReadonlySet<string>;
}

/** A transfer that the PBX never says another word of is forgotten after this, and another may be tried. */
const silentAfterMs = 180_000;

/** A REFER that went to the PBX. */
type PassedRefer =
  /** `cseq`: the phone's. */
  { readonly phase: "underWay"; readonly cseq: number; readonly since: number } | { readonly phase: "done" };

/** The transfers of one call, one after the other. */
export class CallTransfer implements ReferHandler {
  readonly #ports: TransferPorts;
  readonly #terms: TransferTerms;
  #passed: PassedRefer | undefined;
  #refers = 0;

  constructor(ports: TransferPorts, terms: TransferTerms) {
    this.#ports = ports;
    this.#terms = terms;
  }

  refer(passage: Passage, bridge: Bridge): void {
    const { from, to, request, transaction } = passage;
    const refuse = (status: number): void => respond(passage, status);
    if (from.at !== "phone" || to.at !== "pbx") {
      refuse(603);
      return;
    }
    // One transfer at a time: two that meet would each take the call from the other.
    if (bridge.isEntrusted || this.#isUnderWay) {
      refuse(491);
      return;
    }
    const { line } = this.#terms;
    const { addressOfRecord } = line.way;
    const referring = { id: line.id, domain: hostOf(addressOfRecord), uri: addressOfRecord };
    const target = readReferTarget(request, from.session, transaction.flow.remoteAddress, referring);
    if (!target.ok) {
      refuse(target.failure);
      return;
    }
    this.#refers++;
    const isOther = target.value.kind === "call" && !target.value.isSameLine;
    if (isOther || !to.party.mayTake("REFER")) this.#transfer(passage, bridge, target.value, referring);
    else this.#ask(passage, bridge, target.value, referring);
  }

  notify(passage: Passage): void {
    const passed = this.#passed;
    const { from, request } = passage;
    if (from.at === "phone" || passed?.phase !== "underWay") {
      // RFC 6665 §4.1.3: nobody has asked, or the last word has been said.
      respond(passage, 481);
      return;
    }
    const status = /^SIP\/2\.0 (\d{3})/.exec(request.body.toString("latin1", 0, 11))?.[1] ?? "100";
    const isLast = /^\s*terminated\b/i.test(request.headers.get("Subscription-State") ?? "");
    if (status.startsWith("2")) this.#passed = { phase: "done" };
    else if (isLast || status >= "3") this.#passed = undefined;
    // RFC 3515 §2.4.6: the number is that of the REFER as this end has sent it.
    const isNumbered = /;\s*id\s*=/i.test(request.headers.get("Event") ?? "");
    passRequest(isNumbered ? { ...passage, event: `refer;id=${passed.cseq}` } : passage);
  }

  judge(end: BridgeEnd): BridgeEnd {
    const hasLeft = end === "inbound" || end === "outbound";
    return hasLeft && (this.#isUnderWay || this.#passed?.phase === "done") ? "transferred" : end;
  }

  get #isUnderWay(): boolean {
    const passed = this.#passed;
    return passed?.phase === "underWay" && this.#ports.clock.now() - passed.since < silentAfterMs;
  }

  #ask(passage: Passage, bridge: Bridge, target: ReferTarget, line: ReferringLine): void {
    this.#passed = {
      phase: "underWay",
      cseq: passage.request.cseq.number,
      since: this.#ports.clock.now(),
    };
    passRequest({
      ...passage,
      headers: referHeaders(target, line),
      judges: (status) => {
        if (status < 300) return false;
        this.#passed = undefined;
        // Silence, and an offer that is under way, say nothing of whether the PBX does transfers.
        if (status === 408 || status === 491 || bridge.isOver || bridge.isEntrusted) return false;
        return this.#transfer(passage, bridge, target, line, status);
      },
    });
  }

  /** `refusal`: what the PBX has said. False: this cannot be done here either, and nothing has been answered. */
  #transfer(
    passage: Passage,
    bridge: Bridge,
    target: ReferTarget,
    { domain, uri: lineUri }: ReferringLine,
    refusal?: number,
  ): boolean {
    const { line, pbxHosts } = this.#terms;
    const { from: phone, to: transferee, request } = passage;
    const maxForwards = hopsLeft(request);
    const user = target.kind === "number" ? readDialled(target.uri, pbxHosts) : undefined;
    const isStale = target.kind === "call" && (target.side.bridge.isOver || target.side.bridge.isEntrusted);
    if (maxForwards === undefined || isStale || (target.kind === "number" && user === undefined)) {
      if (refusal === undefined) respond(passage, maxForwards === undefined ? 483 : isStale ? 481 : 404);
      return false;
    }
    const { clock, random, desk } = this.#ports;
    const { media } = transferee.party;
    const startedAt = clock.wallTime();
    const call: PlacedCall | undefined =
      user === undefined
        ? undefined
        : { id: random.token(96), line, startedAt, dialled: user, isBusy: false, isTransfer: true };
    // What is held so that it can be ended: the call to the target, or the joining of two.
    const held = call ?? {};
    const begun: { transfer?: OwnTransfer } = {};
    let joinedAt: number | undefined;
    let lastStatus = 487;
    // Before it begins: it may have come to its end when it has been made.
    desk.hold(held, () => begun.transfer?.stop());
    begun.transfer = new OwnTransfer({
      clock,
      random,
      lineId: line.id,
      bridge,
      transferee,
      phone,
      media,
      progress: new ReferProgress(passage, this.#refers === 1),
      approach: (targetUser) => {
        const heard = {
          ...targetUser,
          onFailed: (status: number) => {
            lastStatus = status;
            targetUser.onFailed(status);
          },
        };
        return target.kind === "call"
          ? offerToOther(this.#ports, target.side, media, heard)
          : callTarget(this.#ports, { line, user: user ?? "", domain, lineUri, maxForwards, media }, heard);
      },
      onJoined: (joined) => {
        joinedAt ??= clock.now();
        desk.hold(held, () => joined.hangUp(stopped));
      },
      onEnded: (end) => {
        if (call === undefined) desk.letGo(held);
        else if (end !== "failed")
          desk.placedOver(call, 200, endsOfTalk[end], clock.now() - (joinedAt ?? clock.now()));
        else desk.placedOver(call, lastStatus, lastStatus === 487 ? "cancelled" : "refused", 0);
      },
    });
    return true;
  }
}

function respond({ request, transaction }: Passage, status: number): void {
  const headers: HeaderFields = status === 491 ? [["Retry-After", "5"]] : [];
  transaction.respond(createResponse(request, status, undefined, { toTag: transaction.localTag, headers }));
}
