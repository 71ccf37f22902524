import { createRequest, createResponse } from "../../src/sip/message/build.ts";
import type { SipRequest, SipResponse } from "../../src/sip/message/message.ts";

/** What a test says of a request when it does not care about the rest. */
export interface RequestSketch {
  readonly requestUri?: string;
  readonly branch?: string;
  readonly sentBy?: string;
  readonly fromTag?: string;
  readonly toTag?: string;
  readonly callId?: string;
  readonly cseq?: number;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: Buffer;
}

/** A request as it would come by the network, with a Via. */
export function incomingRequest(method: string, sketch: RequestSketch = {}): SipRequest {
  const request = requestToSend(method, sketch);
  const { sentBy = "192.0.2.1:5060", branch = "z9hG4bK-one" } = sketch;
  request.headers.prepend("Via", `SIP/2.0/UDP ${sentBy};branch=${branch};rport`);
  return request;
}

/** A request as a user hands it to a transaction, without Via. */
export function requestToSend(method: string, sketch: RequestSketch = {}): SipRequest {
  const toTag = sketch.toTag === undefined ? "" : `;tag=${sketch.toTag}`;
  return createRequest({
    method,
    requestUri: sketch.requestUri ?? "sip:101@192.0.2.2",
    from: `<sip:102@pbx.example>;tag=${sketch.fromTag ?? "caller"}`,
    to: `<sip:101@pbx.example>${toTag}`,
    callId: sketch.callId ?? "call-1",
    cseq: sketch.cseq ?? 1,
    headers: sketch.headers ?? [],
    ...(sketch.body !== undefined && { body: sketch.body }),
  });
}

/** A response as the other side would give it. */
export function responseTo(request: SipRequest, status: number, toTag = "callee"): SipResponse {
  return createResponse(request, status, undefined, { toTag });
}
