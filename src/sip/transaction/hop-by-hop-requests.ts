import { Buffer } from "node:buffer";
import { Headers } from "../message/headers.ts";
import { SipRequest } from "../message/message.ts";
import type { SipResponse } from "../message/message.ts";
import type { HeaderFields } from "./transaction-user.ts";

const noBody = Buffer.alloc(0);

/** RFC 3261 §17.1.1.3: the ACK to a final response other than 2xx is the transaction's own and goes where the INVITE went. */
export function createAck(invite: SipRequest, response: SipResponse): SipRequest {
  const headers = headersFor(invite, "ACK");
  // The To is the response's, with the tag of who refused.
  headers.copy("To", response.headers, "first");
  return new SipRequest("ACK", invite.requestUri, headers, noBody);
}

/** RFC 3261 §9.1: a CANCEL looks like the INVITE to every hop: its top Via with its branch, its To without a tag, its Route. */
export function createCancel(invite: SipRequest, further: HeaderFields): SipRequest {
  const headers = headersFor(invite, "CANCEL");
  headers.copy("To", invite.headers, "first");
  for (const [name, value] of further) headers.append(name, value);
  return new SipRequest("CANCEL", invite.requestUri, headers, noBody);
}

function headersFor(invite: SipRequest, method: "ACK" | "CANCEL"): Headers {
  const headers = new Headers();
  headers.copy("Via", invite.headers, "first");
  headers.append("Max-Forwards", "70");
  headers.copy("Route", invite.headers, "all");
  headers.copy("From", invite.headers, "first");
  headers.copy("Call-ID", invite.headers, "first");
  headers.append("CSeq", `${invite.cseq.number} ${method}`);
  return headers;
}
