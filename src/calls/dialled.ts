/** What somebody dials, in an INVITE of their own or as the target of a transfer, and what of it may leave by a line. */
import { parseNameAddr, parseUri } from "../sip/user-agent.ts";

/** What people dial. */
const dialString = /^(?:[0-9*+.\-()]|%23|#)+$/i;

/** The user part that was dialled, escaped as it came; undefined: it is nothing that can be called over a line. */
export function readDialled(uriText: string, pbxHosts: ReadonlySet<string>): string | undefined {
  const uri = parseUri(uriText);
  if (uri?.scheme === "tel") return uri.number;
  if (uri?.scheme !== "sip" && uri?.scheme !== "sips") return undefined;
  const { user, host } = uri;
  if (user === undefined || user === "") return undefined;
  // A name means somebody at a host; over the line only the PBX's own are reached.
  return dialString.test(user) || pbxHosts.has(host) ? user.replaceAll("#", "%23") : undefined;
}

/** The domain of a line's address-of-record: where what was dialled means something. */
export function hostOf(addressOfRecord: string): string {
  const uri = parseNameAddr(addressOfRecord)?.uri ?? addressOfRecord;
  return uri.slice(uri.indexOf("@") + 1);
}
