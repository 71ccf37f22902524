import { readAddresses } from "./contact.ts";
import type { SipMessage } from "./message.ts";
import type { NameAddr } from "./name-addr.ts";

export type RouteHeader = "Route" | "Record-Route" | "Path" | "Service-Route";

/** RFC 3261 §20.34, RFC 3327, RFC 3608: the hops from the top. Undefined when one cannot be read. */
export function readRoutes(message: SipMessage, header: RouteHeader): readonly NameAddr[] | undefined {
  return readAddresses(message.headers, header);
}
