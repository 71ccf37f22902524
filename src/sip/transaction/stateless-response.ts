import { hash } from "node:crypto";
import { createResponse } from "../message/build.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import type { HeaderFields } from "./transaction-user.ts";

/**
 * A response for which nothing is remembered. RFC 3261 §8.2.7: copies of a request must get the same To tag, so it is
 * derived from what copies have in common. Works for the request of a `ParseFailure` too.
 */
export function createStatelessResponse(
  request: SipRequest,
  status: number,
  headers: HeaderFields = [],
  reason?: string,
): SipResponse {
  return createResponse(request, status, reason, { toTag: derivedTag(request), headers });
}

function derivedTag({ headers }: SipRequest): string {
  const common = ["Via", "From", "Call-ID", "CSeq"].map((name) => headers.get(name) ?? "").join("\n");
  return hash("sha256", common, "hex").slice(0, 16);
}
