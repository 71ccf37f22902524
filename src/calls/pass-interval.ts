/** What two ends say of their session's interval, on its way across Divert (RFC 4028). */
import type { HeaderFields, SipRequest, SipResponse } from "../sip/user-agent.ts";
import { agreeOnInterval, offerHeaders, readIntervalRequest } from "../sip/user-agent.ts";

export interface IntervalPassage {
  /** It is to be refused so, and not to be passed on. */
  readonly refusal: { readonly status: number; readonly headers: HeaderFields } | undefined;
  /** For the request that is passed on. */
  readonly headers: HeaderFields;
  /** Reads the 2xx: seconds until the next refresh is due, and what the 2xx says of it when it is passed back. */
  agree(success: SipResponse): { readonly interval: number | undefined; readonly headers: HeaderFields };
}

/** Looks at an INVITE or UPDATE that is to be passed on. */
export function passInterval(request: SipRequest): IntervalPassage {
  const asked = readIntervalRequest(request);
  const offer = asked.verdict === "offer" ? asked.offer : undefined;
  return {
    refusal: asked.verdict === "tooBrief" ? asked : undefined,
    headers: offer === undefined ? [] : offerHeaders(offer),
    agree: (success) => agreeOnInterval(offer, success),
  };
}
