import { defineProfile } from "../define-profile.ts";
import { generic } from "./generic.ts";

/** Panasonic KX-NS and KX-NSX. */
export const panasonicNs = defineProfile(generic, {
  id: "panasonic-ns",
  name: "Panasonic KX-NS, KX-NSX",
  remarks: [
    "Whether it follows a 302 of a SIP extension, and how it marks calls to one: nothing found.",
    "The PBX's own forwardings go by the extension's class of service and its barring, four in a row at the most (KX-NSX1000, “Call Forwarding”). That a 302 is held to the same is not said.",
  ],
  claims: {},
});
