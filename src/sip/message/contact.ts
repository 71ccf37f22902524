import type { Headers } from "./headers.ts";
import { trimWhitespace } from "./list.ts";
import type { SipMessage } from "./message.ts";
import { parseNameAddrList } from "./name-addr.ts";
import type { NameAddr } from "./name-addr.ts";
import { parseNumber } from "./number.ts";

/**
 * RFC 3261 §20.10: the Contacts of all fields, in order; `*` when that is the only value; an empty array when there is
 * none. Undefined when one cannot be read: a request that has such is worth a 400.
 */
export function readContacts(message: SipMessage): readonly NameAddr[] | "*" | undefined {
  const fields = message.headers.all("Contact");
  if (fields.length === 1 && trimWhitespace(fields[0] ?? "") === "*") return "*";
  return readAddresses(message.headers, "Contact");
}

/** All values of a header whose values are addresses; undefined when one cannot be read. */
export function readAddresses(headers: Headers, name: string): readonly NameAddr[] | undefined {
  const addresses: NameAddr[] = [];
  for (const field of headers.all(name)) {
    const some = parseNameAddrList(field);
    if (some === undefined) return undefined;
    addresses.push(...some);
  }
  return addresses;
}

/** The seconds that a Contact asks for or was given; undefined where it says none. RFC 3261 §10.2.1.1: unreadable is 3600. */
export function contactExpires(contact: NameAddr): number | undefined {
  const text = contact.parameters.get("expires");
  return text === undefined ? undefined : (parseNumber(text, 2 ** 32 - 1) ?? 3600);
}

/** RFC 3261 §20.10: the preference from 0 to 1; 1 where there is none or none that can be read. */
export function contactPreference(contact: NameAddr): number {
  const text = contact.parameters.get("q");
  return text !== undefined && /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text) ? Number(text) : 1;
}
