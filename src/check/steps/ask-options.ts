/** Does the PBX answer OPTIONS? Whatever its answer is: there is somebody (RFC 3261 §11). */
import type { RandomSource } from "../../base/random.ts";
import type { RequestOutcome, RequestSender } from "../../sip/user-agent.ts";
import { createRequest, serializeSipUri } from "../../sip/user-agent.ts";
import type { Cast, Found } from "../cast.ts";

const longestShown = 200;

export async function askOptions(
  { caller }: Cast,
  { sender, random }: { readonly sender: RequestSender; readonly random: RandomSource },
): Promise<readonly Found[]> {
  const { addressOfRecord, nextHop, route, connection } = caller.way;
  const uri = serializeSipUri({ ...nextHop, user: undefined });
  const request = createRequest({
    method: "OPTIONS",
    requestUri: uri,
    from: `<${addressOfRecord}>;tag=${random.token(64)}`,
    to: `<${uri}>`,
    callId: random.token(128),
    cseq: 1,
    headers: [...route, ["Accept", "application/sdp"]],
  });
  const outcome = await new Promise<RequestOutcome>((resolve) => {
    sender.send(request, {
      nextHop,
      ...(connection !== undefined && { preferredFlow: connection.flow }),
      onOutcome: resolve,
    });
  });
  if (outcome.kind !== "response") {
    return [{ id: "options", verdict: "no", seen: [{ code: "optionsUnanswered" }] }];
  }
  const { status, headers } = outcome.response;
  const allow = headers.values("Allow").join(", ").slice(0, longestShown);
  return [
    {
      id: "options",
      verdict: "yes",
      seen: [{ code: "optionsAnswered", status, ...(allow !== "" && { allow }) }],
    },
  ];
}
