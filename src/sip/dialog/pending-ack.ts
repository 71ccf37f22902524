import type { SipRequest } from "../message/message.ts";
import type { Flow } from "../transport/transport.ts";
import type { Dialog, DialogRequestParts } from "./dialog.ts";
import type { SentAck } from "./success-ack.ts";

export interface PendingAckPorts {
  readonly acknowledge: (ack: SipRequest, dialog: Dialog, flow?: Flow) => SentAck;
}

/**
 * The ACK to a 2xx of the other end, which may have to wait: where the 2xx holds an offer, the ACK holds the answer
 * (RFC 3261 §13.2.1), and that is not ours to make.
 */
export class PendingAck {
  readonly #ports: PendingAckPorts;
  readonly #dialog: Dialog;
  readonly #invite: SipRequest;
  readonly #flow: Flow | undefined;
  #sent: SentAck | undefined;

  constructor(ports: PendingAckPorts, dialog: Dialog, invite: SipRequest, flow?: Flow) {
    this.#ports = ports;
    this.#dialog = dialog;
    this.#invite = invite;
    this.#flow = flow;
  }

  /** Idempotent: only the first call's parts count. */
  send(parts: DialogRequestParts): void {
    this.#sent ??= this.#ports.acknowledge(
      this.#dialog.createAck(this.#invite, parts),
      this.#dialog,
      this.#flow,
    );
  }

  /** A copy of the 2xx came. RFC 3261 §13.2.2.4: it draws the same ACK again, if that has been sent. */
  repeat(): void {
    this.#sent?.repeat();
  }
}
