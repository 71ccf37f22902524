import { contactExpires, contactPreference, readContacts } from "../message/contact.ts";
import { readExpires } from "../message/durations.ts";
import type { SipRequest } from "../message/message.ts";
import type { NameAddr } from "../message/name-addr.ts";
import { parseNumber } from "../message/number.ts";
import { parseSipUri } from "../message/uri.ts";
import type { SipUri } from "../message/uri.ts";

/** A Contact that is to be bound, refreshed or, with no seconds, removed. */
export interface WantedBinding {
  readonly contact: string;
  readonly uri: SipUri;
  /** Undefined: it says nothing. */
  readonly expiresInSeconds: number | undefined;
  readonly q: number;
  readonly instanceId?: string;
  readonly regId?: number;
}

/** What a REGISTER asks for. `fetch`: only to be told what there is. */
export type Wish =
  | { readonly kind: "fetch" }
  | { readonly kind: "remove-all" }
  | { readonly kind: "bind"; readonly wanted: readonly WantedBinding[] };

/** What one binding may make us remember: ten times what phones were seen to need. */
const longestContact = 1024;
const mostContacts = 10;

/** Undefined: a 400 is due. */
export function readRegister(request: SipRequest): Wish | undefined {
  const contacts = readContacts(request);
  if (contacts === undefined) return undefined;
  // RFC 3261 §10.3 step 6: `*` stands alone, and only to remove everything.
  if (contacts === "*") return readExpires(request) === 0 ? { kind: "remove-all" } : undefined;
  if (contacts.some(({ uri }) => uri === "*") || contacts.length > mostContacts) return undefined;
  if (contacts.length === 0) return { kind: "fetch" };
  const isOutbound = request.headers.values("Supported").some((tag) => tag.toLowerCase() === "outbound");
  const expires = readExpires(request);
  const wanted = contacts.map((contact) => readWanted(contact, expires, isOutbound));
  if (!wanted.every((each) => each !== undefined)) return undefined;
  // RFC 5626 §6: one REGISTER is one flow.
  if (wanted.length > 1 && wanted.some(({ regId }) => regId !== undefined)) return undefined;
  return { kind: "bind", wanted };
}

function readWanted(
  contact: NameAddr,
  expires: number | undefined,
  isOutbound: boolean,
): WantedBinding | undefined {
  const uri = parseSipUri(contact.uri);
  if (uri === undefined || contact.uri.length > longestContact) return undefined;
  const instanceId = contact.parameters.get("+sip.instance");
  const regId = parseNumber(contact.parameters.get("reg-id") ?? "", 2 ** 31 - 1);
  const isFlow = isOutbound && regId !== undefined && regId > 0;
  return {
    contact: contact.uri,
    uri,
    // RFC 3261 §10.2.1.1: the Contact's own comes before the request's.
    expiresInSeconds: contactExpires(contact) ?? expires,
    q: contactPreference(contact),
    ...(instanceId !== undefined && instanceId.length <= longestContact && { instanceId }),
    // RFC 5626 §6: without an instance, or from who does not speak outbound, reg-id means nothing.
    ...(isFlow && instanceId !== undefined && { regId }),
  };
}
