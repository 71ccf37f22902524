/** Where a phone's own 302 sends a call: its user's forwarding, as far as policy allows. */
import type { SipResponse } from "../sip/user-agent.ts";
import { contactPreference, decodeText, parseUri, readContacts, unescapeUser } from "../sip/user-agent.ts";

/** What reads as a number is meant at the PBX, whatever host the phone wrote behind it: most write their registrar's. */
const dialled = /^[+\d*#][\d*#.()-]*$/;

/** The target as a user would have typed it; undefined: the response names none. */
export function targetOfPhone(response: SipResponse, pbxHosts: ReadonlySet<string>): string | undefined {
  const contacts = readContacts(response);
  if (contacts === undefined || contacts === "*") return undefined;
  const [contact] = contacts.toSorted((one, other) => contactPreference(other) - contactPreference(one));
  const uri = contact === undefined ? undefined : parseUri(contact.uri);
  if (uri?.scheme === "tel") return uri.number;
  if (uri?.scheme !== "sip" && uri?.scheme !== "sips") return undefined;
  const user = decodeText(unescapeUser(uri.user ?? ""));
  if (user === "") return undefined;
  // Whatever else the URI holds (headers, a route, a method) is the phone's idea alone.
  return dialled.test(user) || pbxHosts.has(uri.host) ? user : `sip:${uri.user ?? ""}@${uri.host}`;
}
