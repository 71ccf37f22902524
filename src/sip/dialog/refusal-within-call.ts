import { createResponse } from "../message/build.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";

/** The answer to a request within a call where nobody takes such requests; it leaves the call as it is. */
export function refusalWithinCall(request: SipRequest, toTag: string): SipResponse {
  return createResponse(request, statusFor(request.method), undefined, { toTag });
}

function statusFor(method: string): number {
  switch (method) {
    case "OPTIONS":
      return 200;
    // RFC 3261 §14.2: a re-INVITE that is refused changes nothing.
    case "INVITE":
    case "UPDATE":
      return 488;
    // RFC 3262 §3: nothing waits for it. RFC 3261 §15: nor does a BYE of whoever is called end what is not answered.
    case "PRACK":
    case "BYE":
      return 481;
    default:
      return 501;
  }
}
