/** The INVITE of a leg that Divert places for a call that came: written anew, with what may pass of the one that came. */
import type { RandomSource } from "../base/random.ts";
import type { HeaderFields, NameAddr, SipRequest } from "../sip/user-agent.ts";
import { createRequest, serializeNameAddr } from "../sip/user-agent.ts";
import { callHeaders } from "./methods-in-call.ts";
import type { Side } from "./pass-headers.ts";
import { inviteHeaders, withBody } from "./pass-headers.ts";

export interface PlacedInvite {
  readonly requestUri: string;
  /** Its tag, if it has one, is not taken over. */
  readonly from: NameAddr;
  /** The value of To. */
  readonly to: string;
  /** Route headers, from the top. */
  readonly route?: readonly string[];
  /** `hopsLeft` of the INVITE that came. */
  readonly maxForwards: number;
  /** The side that the call came from: it settles what may pass. */
  readonly cameFrom: Side;
  /** Besides what passes. */
  readonly headers?: HeaderFields;
}

/** Call-ID and tag are new: the legs have nothing in common by which one could reach into the other. */
export function createPlacedInvite(
  request: SipRequest,
  { requestUri, from, to, route = [], maxForwards, cameFrom, headers = [] }: PlacedInvite,
  random: RandomSource,
): SipRequest {
  const { displayName, uri } = from;
  const parameters = new Map([["tag", random.token(64)]]);
  return createRequest({
    method: "INVITE",
    requestUri,
    from: serializeNameAddr({ ...(displayName !== undefined && { displayName }), uri, parameters }),
    to,
    callId: random.token(128),
    cseq: 1,
    maxForwards,
    headers: [
      ...route.map((value) => ["Route", value] as const),
      ...callHeaders,
      ...headers,
      ...inviteHeaders(request, cameFrom),
    ],
    ...withBody(request),
  });
}
