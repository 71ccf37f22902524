import type { Profile } from "../profile.ts";

/** A PBX of which nothing more is known: what the RFCs say, and where they are silent the careful way. */
export const generic: Profile = {
  id: "generic",
  name: "Any SIP PBX",
  evidence: "assumed",
  sources: [
    "RFC 3261 §8.1.3.4: a 3xx may be followed; whether a PBX does it for its own lines is to be tried",
    "RFC 3325, RFC 5806, RFC 7044 for the headers",
  ],
  identityHeaders: ["P-Asserted-Identity", "Remote-Party-ID", "From"],
  marks: [],
  followsRedirect: "unknown",
  redirectAfterRinging: true,
  redirectHost: "domain",
  redirectParameters: "",
  redirectNumber: "e164",
  namedExtensions: false,
  hash: "escape",
  diversion: true,
  historyInfo: true,
  relayedFrom: "line",
  calledParty: [],
  keepAlive: "crlf",
  keepAliveSeconds: 30,
};
