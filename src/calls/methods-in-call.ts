/** What can be asked of us within a call, before it is answered and after. */
import type { HeaderFields, SipRequest, SipResponse } from "../sip/user-agent.ts";
import { createResponse } from "../sip/user-agent.ts";

/** For Allow. */
export const methodsInCall = "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, MESSAGE, NOTIFY, REFER";

/** What each INVITE and each 2xx to one says of us; RFC 3891 §6.2: a call may be taken over. */
export const callHeaders: HeaderFields = [
  ["Allow", methodsInCall],
  ["Supported", "replaces"],
];

/** Asked of the other end, as they are. */
export const passedMethods: ReadonlySet<string> = new Set(["UPDATE", "INFO", "MESSAGE", "NOTIFY"]);

/** What one end insists on may be done for these: they are ours to do, or change nothing. */
const knownTags = new Set(["timer", "norefersub"]);

/** RFC 3261 §8.2.2.3: what one end insists on is between it and us, and we do none of it within a call. */
export function refusalOfRequire(request: SipRequest, toTag: string): SipResponse | undefined {
  const required = request.headers.values("Require").filter((tag) => !knownTags.has(tag.toLowerCase()));
  if (required.length === 0) return undefined;
  const headers = [["Unsupported", required.join(", ")]] as const;
  return createResponse(request, 420, undefined, { toTag, headers });
}
