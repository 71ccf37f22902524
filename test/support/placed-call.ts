import { randomUUID } from "node:crypto";
import { createRequest } from "../../src/sip/message/build.ts";
import type { HeaderField } from "../../src/sip/message/build.ts";
import type { SipMessage, SipRequest, SipResponse } from "../../src/sip/message/message.ts";
import { serializeMessage } from "../../src/sip/message/serialize.ts";
import { createAck, createCancel } from "../../src/sip/transaction/hop-by-hop-requests.ts";
import type { RawPeer } from "./raw-peer.ts";

/** What a test says of a request; the rest is filled in. */
export interface RequestSketch {
  readonly method?: string;
  readonly requestUri: string;
  readonly from?: string;
  readonly to?: string;
  readonly callId?: string;
  readonly cseq?: number;
  readonly maxForwards?: number;
  /** Of the Via; absent: a fresh one. */
  readonly branch?: string;
  readonly headers?: readonly HeaderField[];
  readonly body?: Buffer;
}

let callers = 0;

/**
 * A request as the PBX sends it, with a Via of that peer: an INVITE unless told otherwise, each from another number outside,
 * since one caller who calls ten times in two seconds is taken for a loop.
 */
export function requestOf(peer: RawPeer, sketch: RequestSketch): SipRequest {
  const { branch = randomUUID(), ...parts } = sketch;
  const caller = `+4989${1_000_000 + callers++}`;
  const request = createRequest({
    method: "INVITE",
    from: `<sip:${caller}@pbx.example>;tag=${randomUUID()}`,
    to: "<sip:line@pbx.example>",
    callId: randomUUID(),
    cseq: 1,
    contact: `<sip:pbx@${peer.local.address}:${peer.local.port}>`,
    ...parts,
  });
  request.headers.prepend("Via", peer.via(branch));
  return request;
}

export interface PlacedCall {
  readonly invite: SipRequest;
  /** What came at once, in order. */
  readonly responses: readonly SipResponse[];
  /** The statuses of these. */
  readonly statuses: readonly number[];
  /** The final one; undefined while it rings. */
  readonly final: SipResponse | undefined;
}

/** Sends an INVITE and takes what is answered at once; a refusal or redirection is acknowledged. */
export async function place(peer: RawPeer, sketch: RequestSketch): Promise<PlacedCall> {
  const invite = requestOf(peer, sketch);
  const responses = responsesIn(await peer.exchange(serializeMessage(invite)));
  const final = responses.find(({ status }) => status >= 200);
  if (final !== undefined) await acknowledge(peer, invite, final);
  return { invite, responses, statuses: responses.map(({ status }) => status), final };
}

/** Sends any other request and returns the statuses that came at once. */
export async function ask(peer: RawPeer, request: SipRequest): Promise<SipResponse[]> {
  return responsesIn(await peer.exchange(serializeMessage(request)));
}

export async function acknowledge(peer: RawPeer, invite: SipRequest, final: SipResponse): Promise<void> {
  await peer.send(serializeMessage(createAck(invite, final)));
}

/** The CANCEL that takes an INVITE back. */
export function cancelOf(invite: SipRequest): SipRequest {
  return createCancel(invite, []);
}

export function responsesIn(messages: readonly SipMessage[]): SipResponse[] {
  return messages.filter((message) => message.kind === "response");
}

/** `302 INVITE`, `200 CANCEL`: what each response is, and what it answers. */
export function summary(responses: readonly SipResponse[]): string[] {
  return responses.map(({ status, cseq }) => `${status} ${cseq.method}`);
}

/** What goes over the wire. */
export function wireOf(message: SipMessage): Buffer {
  return serializeMessage(message);
}
