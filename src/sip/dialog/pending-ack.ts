import type { SipRequest } from "../message/message.ts";
import type { Dialog, DialogRequestParts } from "./dialog.ts";
import type { SentAck } from "./success-ack.ts";
import type { Way } from "./way.ts";

export interface PendingAckPorts {
  readonly acknowledge: (ack: SipRequest, dialog: Dialog, way?: Way) => SentAck;
}

/**
 * The ACK to a 2xx of the other end, which may have to wait: where the 2xx holds an offer, the ACK holds the answer
 * (RFC 3261 §13.2.1), and that is not ours to make.
 */
export class PendingAck {
  readonly #ports: PendingAckPorts;
  readonly #dialog: Dialog;
  readonly #invite: SipRequest;
  readonly #way: Way | undefined;
  #sent: SentAck | undefined;

  constructor(ports: PendingAckPorts, dialog: Dialog, invite: SipRequest, way?: Way) {
    this.#ports = ports;
    this.#dialog = dialog;
    this.#invite = invite;
    this.#way = way;
  }

  /** Idempotent: only the first call's parts count. */
  send(parts: DialogRequestParts): void {
    this.#sent ??= this.#ports.acknowledge(
      this.#dialog.createAck(this.#invite, parts),
      this.#dialog,
      this.#way,
    );
  }

  /** A copy of the 2xx came. RFC 3261 §13.2.2.4: it draws the same ACK again, if that has been sent. */
  repeat(): void {
    this.#sent?.repeat();
  }
}
