import { isKeepAlive, parseMessage } from "../../src/sip/message/parse.ts";
import type { SipMessage } from "../../src/sip/message/message.ts";
import type {
  Endpoint,
  Flow,
  Transport,
  TransportError,
  TransportProtocol,
  TransportUser,
} from "../../src/sip/transport/transport.ts";
import type { Clock } from "../../src/base/clock.ts";
import type { RandomSource } from "../../src/base/random.ts";

/** What an unreliable network does to a datagram. Rates are between 0 and 1. */
export interface NetworkFaults {
  readonly lossRate: number;
  readonly duplicateRate: number;
  /** Each datagram takes its own time between these, in milliseconds: so later ones overtake earlier ones. */
  readonly delayMs: readonly [number, number];
}

export const noFaults: NetworkFaults = { lossRate: 0, duplicateRate: 0, delayMs: [1, 1] };

/** One message as it was sent, whether or not it arrived. */
export interface Passage {
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly message: SipMessage;
  readonly bytes: Buffer;
}

/**
 * Joins any number of transport-port ends in one process, by a clock and by chance that tests hold. UDP suffers the
 * faults; the connection-oriented protocols deliver each message once and in order until they are cut.
 */
export class LoopbackNetwork {
  readonly clock: Clock;
  faults: NetworkFaults;
  /** Everything that was sent, in order. */
  readonly passages: Passage[] = [];
  /** Loses what a test picks, besides chance. */
  loses: (passage: Passage) => boolean = () => false;
  readonly #random: RandomSource;
  readonly #ends = new Map<string, LoopbackEnd>();

  constructor(clock: Clock, random: RandomSource, faults: NetworkFaults = noFaults) {
    this.clock = clock;
    this.#random = random;
    this.faults = faults;
  }

  /** Opens a listening point whose arrivals go to `user`. */
  listen(point: Endpoint, user: TransportUser): LoopbackEnd {
    const end = new LoopbackEnd(this, point, user);
    this.#ends.set(keyOf(point), end);
    return end;
  }

  /** What was sent from one address to another, as first lines: `INVITE`, `302 INVITE`, `ACK`. */
  told(from?: LoopbackEnd): string[] {
    return this.passages.filter((passage) => from === undefined || passage.from === from.name).map(titleOf);
  }

  /** For the flows. */
  carry(flow: LoopbackFlow, bytes: Buffer, onError?: (error: TransportError) => void): void {
    const failLater = (error: TransportError): void => {
      this.clock.after(0, () => onError?.(error));
    };
    if (!flow.isOpen) {
      failLater({ reason: "closed", detail: "the connection is closed" });
      return;
    }
    const parsed = parseMessage(bytes);
    if (!parsed.ok) throw new Error(`a malformed message was sent: ${parsed.failure.reason}`);
    const { from, to } = flow;
    const passage: Passage = { at: this.clock.now(), from, to, message: parsed.value, bytes };
    this.passages.push(passage);
    if (this.#ends.get(`${flow.protocol} ${to}`) === undefined && flow.isReliable) {
      failLater({ reason: "refused", detail: `nobody listens at ${to}` });
      return;
    }
    if (flow.isReliable) this.#deliverAfter(flow, bytes, 1);
    else this.#deliverAtRandom(flow, passage);
  }

  /** For the ends. */
  forget(end: LoopbackEnd): void {
    this.#ends.delete(`${end.protocol} ${end.name}`);
  }

  #deliverAtRandom(flow: LoopbackFlow, passage: Passage): void {
    const [shortest, longest] = this.faults.delayMs;
    const copies = this.#random.fraction() < this.faults.duplicateRate ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (this.#random.fraction() < this.faults.lossRate || this.loses(passage)) continue;
      this.#deliverAfter(flow, passage.bytes, shortest + this.#random.fraction() * (longest - shortest));
    }
  }

  #deliverAfter(flow: LoopbackFlow, bytes: Buffer, delayMs: number): void {
    this.clock.after(delayMs, () => {
      if (flow.isOpen) this.#ends.get(`${flow.protocol} ${flow.to}`)?.arrived(bytes, flow);
    });
  }
}

/** One listening point on the network. */
export class LoopbackEnd implements Transport {
  readonly protocol: TransportProtocol;
  readonly localAddress: string;
  readonly localPort: number;
  readonly #network: LoopbackNetwork;
  readonly #user: TransportUser;
  /** By the remote address: as a socket's datagram flow or an open connection is used again. */
  readonly #flows = new Map<string, LoopbackFlow>();

  constructor(network: LoopbackNetwork, point: Endpoint, user: TransportUser) {
    this.#network = network;
    this.#user = user;
    this.protocol = point.protocol;
    this.localAddress = point.address;
    this.localPort = point.port;
  }

  get name(): string {
    return `${this.localAddress}:${this.localPort}`;
  }

  flowTo(address: string, port: number): LoopbackFlow {
    const name = `${address}:${port}`;
    let flow = this.#flows.get(name);
    if (flow?.isOpen !== true) {
      flow = new LoopbackFlow(this.#network, this, address, port);
      this.#flows.set(name, flow);
    }
    return flow;
  }

  /** Ends the connection to a peer, as its other end is told. */
  cut(peer: LoopbackEnd): void {
    for (const flow of [
      this.flowTo(peer.localAddress, peer.localPort),
      peer.flowTo(this.localAddress, this.localPort),
    ]) {
      flow.isOpen = false;
    }
    this.#user.onFlowClosed(this.#closed(peer.name));
    peer.#user.onFlowClosed(peer.#closed(this.name));
  }

  /** For the network. */
  arrived(bytes: Buffer, sent: LoopbackFlow): void {
    const flow = this.flowTo(sent.localAddress, sent.localPort);
    if (isKeepAlive(bytes)) return;
    // Each arrival is parsed anew: two ends never share a message.
    const parsed = parseMessage(bytes);
    if (parsed.ok) this.#user.onMessage(parsed.value, flow);
    else this.#user.onMalformed(parsed.failure, flow);
  }

  close(): Promise<void> {
    this.#network.forget(this);
    for (const flow of this.#flows.values()) flow.isOpen = false;
    return Promise.resolve();
  }

  #closed(name: string): LoopbackFlow {
    const flow = this.#flows.get(name);
    if (flow === undefined) throw new Error(`no flow to ${name}`);
    return flow;
  }
}

/** The path from one end to another. */
export class LoopbackFlow implements Flow {
  readonly protocol: TransportProtocol;
  readonly isReliable: boolean;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  isOpen = true;
  readonly #network: LoopbackNetwork;

  constructor(network: LoopbackNetwork, end: LoopbackEnd, remoteAddress: string, remotePort: number) {
    this.#network = network;
    this.protocol = end.protocol;
    this.isReliable = end.protocol !== "UDP";
    this.localAddress = end.localAddress;
    this.localPort = end.localPort;
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
  }

  get from(): string {
    return `${this.localAddress}:${this.localPort}`;
  }

  get to(): string {
    return `${this.remoteAddress}:${this.remotePort}`;
  }

  send(bytes: Buffer, onError?: (error: TransportError) => void): void {
    this.#network.carry(this, bytes, onError);
  }
}

function keyOf(point: Endpoint): string {
  return `${point.protocol} ${point.address}:${point.port}`;
}

function titleOf({ message }: Passage): string {
  return message.kind === "request" ? message.method : `${message.status} ${message.cseq.method}`;
}
