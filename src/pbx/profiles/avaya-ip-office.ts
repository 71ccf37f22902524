import { defineProfile } from "../define-profile.ts";
import { generic } from "./generic.ts";

/** Avaya IP Office. */
export const avayaIpOffice = defineProfile(generic, {
  id: "avaya-ip-office",
  name: "Avaya IP Office",
  remarks: [
    "Whether it follows a 302 of a SIP extension, what it sends as Alert-Info, and whether a second call is delivered: nothing found.",
    "The user's own forwardings at the PBX act first, on outside calls unless inside ones are included; “Inhibit Off-Switch Forward” and barring bound them.",
    "An extension with an IP address of its own registers from there alone (Web Manager 12.3, “SIP Extension VoIP”): leave it at 0.0.0.0, or set Divert's.",
  ],
  claims: {},
});
