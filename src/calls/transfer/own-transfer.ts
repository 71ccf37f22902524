/**
 * A transfer that Divert carries out itself, for a PBX that does none: the transferee, which is in a call with a phone,
 * is joined with a target (RFC 3725 §4, RFC 5589 §6 and §7 seen from the element between).
 *
 * The target gets the transferee's media as that described them last, and the transferee gets the target's answer as an
 * offer. RFC 3725's flows begin with an INVITE without offer; PBXs are known that refuse one, and a transferee that was
 * asked for its offer first would have to wait for the answer for as long as the target rings, which is longer than a 2xx
 * may go without its ACK. The transferee hears nothing of it all until the target has answered, so that a failure leaves
 * the call as it was.
 */
import type { Clock } from "../../base/clock.ts";
import type { RandomSource } from "../../base/random.ts";
import type { Figure, SipResponse } from "../../sip/user-agent.ts";
import { agreeOnInterval, Machine, to } from "../../sip/user-agent.ts";
import type { Bridge, BridgeEnd } from "../bridge/bridge.ts";
import { join } from "../bridge/bridge.ts";
import type { Leg } from "../bridge/leg.ts";
import { holdAlone, offerTo } from "../bridge/lone-leg.ts";
import { mediaAddresses } from "../bridge/party.ts";
import type { MediaDescription } from "../pass-headers.ts";
import { bodyOf } from "../pass-headers.ts";
import type { ReferProgress } from "./refer-progress.ts";
import type { TargetUser, TransferTarget } from "./transfer-target.ts";

/**
 * `…Alone`: the phone has hung up, as many do as soon as they may. `returning`: the target has hung up before the transferee
 * has said whether it takes its media.
 */
export type TransferState = "calling" | "callingAlone" | "joining" | "joiningAlone" | "returning" | "ended";

export interface TransferInputs {
  "target rings": number;
  "target answers": TargetAnswer;
  "target fails": number;
  "target leaves": undefined;
  "phone leaves": BridgeEnd;
  "transferee leaves": undefined;
  joined: SipResponse;
  "not joined": number;
  stop: undefined;
}

interface TargetAnswer {
  readonly leg: Leg;
  readonly success: SipResponse;
}

export const figure: Figure<TransferState, TransferInputs, OwnTransfer> = {
  calling: {
    "target rings": to("calling", tellProgress),
    "target answers": to("joining", offerToTransferee),
    "target fails": to("ended", tellFailure, resume),
    "phone leaves": to("callingAlone", keepTransferee),
    "transferee leaves": to("ended", dismissTarget, tellEnd),
  },
  callingAlone: {
    "target answers": to("joiningAlone", offerToTransferee),
    "target fails": to("ended", dismissTransferee, tellEnd),
    "transferee leaves": to("ended", dismissTarget, tellEnd),
    stop: to("ended", dismissTarget, dismissTransferee, tellEnd),
  },
  joining: {
    joined: to("ended", tellSuccess, joinAnew),
    "not joined": to("ended", tellFailure, dismissTarget, resume),
    "target leaves": to("returning", tellLost),
    "phone leaves": to("joiningAlone", keepTransferee),
    "transferee leaves": to("ended", dismissTarget, tellEnd),
  },
  joiningAlone: {
    joined: to("ended", joinAnew),
    "not joined": to("ended", dismissTarget, dismissTransferee, tellEnd),
    "target leaves": to("ended", dismissTransferee, tellEnd),
    "transferee leaves": to("ended", dismissTarget, tellEnd),
    stop: to("ended", dismissTarget, dismissTransferee, tellEnd),
  },
  returning: {
    joined: to("ended", offerPhoneAgain),
    "not joined": to("ended", resume),
    "phone leaves": to("ended", keepTransferee, dismissTransferee, tellEnd),
    "transferee leaves": to("ended", tellEnd),
  },
  ended: {},
};

export interface OwnTransferOptions {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly lineId: string;
  /** Where the call is that is handed on. */
  readonly bridge: Bridge;
  /** Its leg that stays. */
  readonly transferee: Leg;
  readonly phone: Leg;
  /** The transferee's, as the target gets them. */
  readonly media: MediaDescription | undefined;
  readonly progress: ReferProgress;
  /** Sets out to the target. Tells nothing before it returns. */
  readonly approach: (user: TargetUser) => TransferTarget;
  /** The two are joined, until `onEnded`. */
  readonly onJoined: (bridge: Bridge) => void;
  /** Told once: the two have hung up, or have not come together. */
  readonly onEnded: (end: BridgeEnd | "failed") => void;
}

function tellProgress(transfer: OwnTransfer, status: number): void {
  transfer.options.progress.tell(status);
}

function tellFailure(transfer: OwnTransfer, status: number): void {
  transfer.options.progress.end(status);
}

function tellLost(transfer: OwnTransfer): void {
  transfer.options.progress.end(480);
}

/** RFC 5589 §6.1: the phone hears of it before it is hung up on. */
function tellSuccess(transfer: OwnTransfer): void {
  transfer.options.progress.end(200);
}

function tellEnd(transfer: OwnTransfer): void {
  transfer.options.onEnded("failed");
}

/** The call goes on as if nothing had been; whether it is on hold is the phone's to say. */
function resume(transfer: OwnTransfer): void {
  transfer.resume();
  tellEnd(transfer);
}

/** It has taken media that do not come: it is offered the phone's again. */
function offerPhoneAgain(transfer: OwnTransfer): void {
  transfer.offerPhoneAgain();
}

function offerToTransferee(transfer: OwnTransfer, answer: TargetAnswer): void {
  transfer.offerToTransferee(answer);
}

function keepTransferee(transfer: OwnTransfer): void {
  transfer.keepTransferee();
}

function dismissTarget(transfer: OwnTransfer): void {
  transfer.target.dismiss();
}

function dismissTransferee(transfer: OwnTransfer): void {
  transfer.options.transferee.session.hangUp();
}

function joinAnew(transfer: OwnTransfer, success: SipResponse): void {
  transfer.joinAnew(success);
}

export class OwnTransfer {
  readonly options: OwnTransferOptions;
  /** For the figure. */
  readonly target: TransferTarget;
  readonly #machine: Machine<TransferState, TransferInputs, OwnTransfer>;
  #target: Leg | undefined;
  /** The target's answer, which is the offer to the transferee. */
  #offer: SipResponse | "made" | undefined;

  constructor(options: OwnTransferOptions) {
    this.options = options;
    const machine = new Machine<TransferState, TransferInputs, OwnTransfer>(figure, "calling", this, {
      entered() {},
      ignored() {},
    });
    this.#machine = machine;
    options.bridge.entrust(options.transferee, {
      onLeft: (end) => machine.handle("phone leaves", end),
      onOver: () => machine.handle("transferee leaves", undefined),
    });
    this.target = options.approach({
      onRinging: (status) => machine.handle("target rings", status),
      onAnswered: (leg, success) => machine.handle("target answers", { leg, success }),
      onFailed: (status) => machine.handle("target fails", status),
      onLeft: () => machine.handle("target leaves", undefined),
    });
  }

  get state(): TransferState {
    return this.#machine.state;
  }

  /** Ends both ends where the phone has left; until then the call's own bridge does. Idempotent. */
  stop(): void {
    this.#machine.handle("stop", undefined);
  }

  /** For the figure. */
  resume(): void {
    const { bridge } = this.options;
    bridge.reclaim();
    if (this.#offer === "made") bridge.exchange.end();
  }

  /** For the figure. */
  offerPhoneAgain(): void {
    const { bridge, transferee, phone } = this.options;
    bridge.reclaim();
    transferee.session.confirm();
    offerTo(this.options, transferee, phone.party.media, () => {
      transferee.session.confirm();
      bridge.exchange.end();
    });
    tellEnd(this);
  }

  /** For the figure. */
  offerToTransferee({ leg, success }: TargetAnswer): void {
    const { bridge } = this.options;
    this.#target = leg;
    this.#offer = success;
    if (bridge.isOver) this.#makeOffer();
    else bridge.exchange.whenFree(() => this.#makeOffer());
  }

  /** For the figure. */
  keepTransferee(): void {
    const { bridge, transferee } = this.options;
    holdAlone(transferee, () => this.#machine.handle("transferee leaves", undefined));
    // The phone's part is over, whatever becomes of the rest.
    bridge.options.onEnded("transferred");
    this.#makeOffer();
  }

  /** For the figure: the transferee has taken the target's media. */
  joinAnew(success: SipResponse): void {
    const { bridge, transferee, media, lineId, clock, onJoined, onEnded } = this.options;
    const target = this.#target;
    if (target === undefined) return;
    if (!bridge.isOver) {
      bridge.release(transferee);
      bridge.options.onEnded("transferred");
    }
    this.target.take();
    transferee.session.confirm();
    target.session.confirm({ ...bodyOf(success), ...target.party.told(success) });
    const joined = join(transferee, target, {
      lineId,
      clock,
      // RFC 4028 §9: the transferee refreshes, if it wants to.
      interval: agreeOnInterval(undefined, success).interval,
      onJoined,
      onEnded,
    });
    // RFC 3725 §4.4: the transferee may answer from elsewhere than it was when the target was told of it.
    if (media !== undefined && mediaAddresses(media.body) !== mediaAddresses(success.body)) {
      joined.exchange.begin(transferee);
      offerTo(this.options, target, bodyOf(success), () => {
        target.session.confirm();
        joined.exchange.end();
      });
    }
  }

  #makeOffer(): void {
    const success = this.#offer;
    const { bridge, transferee, phone } = this.options;
    if (success === undefined || success === "made" || this.state === "ended") return;
    this.#offer = "made";
    if (!bridge.isOver) bridge.exchange.begin(phone);
    offerTo(this.options, transferee, bodyOf(success), (result) => {
      if (result.ok) this.#machine.handle("joined", result.value);
      else this.#machine.handle("not joined", result.failure);
    });
  }
}
