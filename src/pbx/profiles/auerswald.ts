import { defineProfile } from "../define-profile.ts";
import { generic } from "./generic.ts";

/** Auerswald COMpact and COMtrexx. */
export const auerswald = defineProfile(generic, {
  id: "auerswald",
  name: "Auerswald",
  remarks: [
    "Whether it follows a 302 of a SIP telephone, and what it sends as Alert-Info: nothing found. Its help has forwardings of softphones kept in step with the PBX's own.",
    "An outside number's forwarding over a second channel loses the caller's number where the line has no CLIP no screening.",
  ],
  claims: {},
});
