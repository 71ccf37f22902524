import { defineProfile } from "../define-profile.ts";
import { generic } from "./generic.ts";

/** Mitel MiVoice Office 400. */
export const mivoice400 = defineProfile(generic, {
  id: "mivoice-400",
  name: "Mitel MiVoice Office 400",
  remarks: [
    "Whether it follows a 302 of a SIP telephone, what it sends as Alert-Info, and whether a second call is delivered: nothing found.",
    "Mitel's telephones know `alert-internal`, `alert-external` and `alert-group` in Alert-Info; that this PBX sends them to others is not said. Set them as `marks` once a trace shows them.",
  ],
  claims: {},
});
