import { defineProfile, documented } from "../define-profile.ts";
import { generic } from "./generic.ts";

/** AVM FRITZ!Box with IP telephones. */
export const fritzbox = defineProfile(generic, {
  id: "fritzbox",
  name: "FRITZ!Box",
  remarks: [
    "Whether a FRITZ!Box follows a 302 of an IP telephone: nothing found. Its manuals know forwardings of the box alone, and it refuses a transfer by REFER with 429 (twinkle issue 272).",
    "The number that was dialled stands in P-Called-Party-ID; it is no extension, so it names no line.",
  ],
  claims: {
    marks: documented(
      [{ says: "internal", prefix: "**" }],
      "webrtc-sip-gw issue 8: internal callers come as **610@fritz.box",
    ),
    ringLimit: documented(
      120,
      "phoneblock issue 85, trace of a FRITZ!Box 7590 with 7.57: its INVITE to an IP telephone has Expires: 120",
    ),
  },
});
