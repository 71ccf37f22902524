import type { Buffer } from "node:buffer";
import type { Result } from "../../base/result.ts";
import type { SipRequest } from "../message/message.ts";
import type { SipUri } from "../message/uri.ts";
import type { Endpoint, Flow } from "../transport/transport.ts";
import type { Way } from "./way.ts";

/** The ways out for an ACK. */
export interface AckPorts {
  readonly locate: (uri: SipUri) => Promise<Result<readonly Endpoint[], string>>;
  readonly flowTo: (endpoint: Endpoint) => Flow | undefined;
  /** Sends the ACK for the first time; its bytes. */
  readonly sendAck: (request: SipRequest, flow: Flow) => Buffer;
}

/** The ACK to a 2xx, which is the core's own and belongs to no transaction. */
export interface SentAck {
  /** RFC 3261 §13.2.2.4: for a copy of the 2xx the same ACK leaves by the same way. */
  repeat(): void;
}

/**
 * Sends the ACK to where the dialog's requests go (RFC 3261 §13.2.2.4, §8.1.2). What cannot be sent is let be: the
 * other end repeats its 2xx, and each copy tries anew, until it gives the call up.
 */
export class SuccessAck implements SentAck {
  readonly #ports: AckPorts;
  readonly #request: SipRequest;
  readonly #nextHop: SipUri;
  readonly #way: Way | undefined;
  #sent: { readonly bytes: Buffer; readonly flow: Flow } | undefined;
  #isUnderWay = false;

  constructor(ports: AckPorts, request: SipRequest, nextHop: SipUri, way?: Way) {
    this.#ports = ports;
    this.#request = request;
    this.#nextHop = nextHop;
    this.#way = way;
    this.repeat();
  }

  repeat(): void {
    const flow = this.#way?.flow;
    if (this.#sent?.flow.isOpen === true) this.#sent.flow.send(this.#sent.bytes);
    else if (flow?.isOpen === true) this.#send(flow);
    else if (this.#way?.isOnly !== true && !this.#isUnderWay) void this.#findWay();
  }

  async #findWay(): Promise<void> {
    this.#isUnderWay = true;
    const located = await this.#ports.locate(this.#nextHop);
    this.#isUnderWay = false;
    for (const endpoint of located.ok ? located.value : []) {
      const flow = this.#ports.flowTo(endpoint);
      if (flow === undefined) continue;
      this.#send(flow);
      return;
    }
  }

  #send(flow: Flow): void {
    this.#sent = { flow, bytes: this.#ports.sendAck(this.#request, flow) };
  }
}
