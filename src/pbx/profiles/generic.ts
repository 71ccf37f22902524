import { assumed, type Claims, defineProfile, evidenceOf, valuesOf } from "../define-profile.ts";

const claims = {
  identityHeaders: assumed(["P-Asserted-Identity", "Remote-Party-ID", "From"]),
  marks: assumed([]),
  followsRedirect: assumed("unknown"),
  redirectAfterRinging: assumed(true),
  redirectHost: assumed("domain"),
  redirectParameters: assumed(""),
  redirectNumber: assumed("e164"),
  namedExtensions: assumed(false),
  hash: assumed("escape"),
  diversion: assumed(true),
  historyInfo: assumed(true),
  secondCall: assumed("unknown"),
  relayedFrom: assumed("line"),
  calledParty: assumed([]),
  keepAlive: assumed("crlf"),
  keepAliveSeconds: assumed(30),
  expires: assumed(300),
  registerRate: assumed(50),
  webrtcMedia: assumed("unknown"),
} as const satisfies Claims;

/** A PBX of which nothing more is known: what the RFCs say, and where they are silent the careful way. */
export const generic = defineProfile(
  { ...valuesOf(claims), evidence: evidenceOf(claims) },
  {
    id: "generic",
    name: "Any SIP PBX",
    remarks: [
      "RFC 3261 §8.1.3.4: a 3xx may be followed; whether a PBX does it for its own lines has to be tried.",
      "The identity headers are those of RFC 3325, of draft-ietf-sip-privacy, and of RFC 3261; a 302's Diversion and History-Info those of RFC 5806 and RFC 7044.",
      "A line's keep-alive is that of RFC 5626 §3.5.1 over a connection, and the same bytes over UDP.",
    ],
    claims: {},
  },
);
