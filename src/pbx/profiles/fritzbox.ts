import type { Profile } from "../profile.ts";
import { generic } from "./generic.ts";

/** AVM FRITZ!Box with IP telephones. */
export const fritzbox: Profile = {
  ...generic,
  id: "fritzbox",
  name: "FRITZ!Box",
  evidence: "assumed",
  sources: [
    "webrtc-sip-gw issue 8: internal callers come as **610@fritz.box",
    "Whether a FRITZ!Box follows a 302 of an IP telephone: nothing found; its own documentation knows forwardings of the box alone",
  ],
  marks: [{ says: "internal", prefix: "**" }],
  followsRedirect: "unknown",
};
