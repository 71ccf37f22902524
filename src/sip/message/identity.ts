import type { SipMessage } from "./message.ts";
import { parseNameAddr } from "./name-addr.ts";
import type { NameAddr } from "./name-addr.ts";

/** RFC 3325 §9.1: whom the network says the caller is. At most a sip: and a tel: address; what cannot be read is left out. */
export function readPAssertedIdentity(message: SipMessage): NameAddr[] {
  return readIdentities(message, "P-Asserted-Identity");
}

/** The header that came before it and never became a standard; parameters `party`, `privacy`, `screen`. */
export function readRemotePartyId(message: SipMessage): NameAddr[] {
  return readIdentities(message, "Remote-Party-ID");
}

/** RFC 3323 §4.2: the kinds of privacy asked for, in lower case: `id`, `header`, `user`, `none`, `critical`, ... */
export function readPrivacy(message: SipMessage): ReadonlySet<string> {
  const kinds = message.headers.get("Privacy")?.toLowerCase().split(/[;,]/) ?? [];
  return new Set(kinds.map((kind) => kind.trim()).filter((kind) => kind !== ""));
}

function readIdentities(message: SipMessage, header: string): NameAddr[] {
  return message.headers
    .values(header)
    .map(parseNameAddr)
    .filter((address) => address !== undefined);
}
