import { defineProfile } from "../define-profile.ts";
import { generic } from "./generic.ts";

/** 3CX Phone System. */
export const threeCx = defineProfile(generic, {
  id: "3cx",
  name: "3CX",
  remarks: [
    "Whether 3CX follows a 302 of a telephone: nothing found in its help of versions 7, 9 and 10 or later, which describes forwardings of the PBX alone.",
    "Its busy rules go by the telephone's status or by the PBX's (manual of version 7, “Forwarding Rules”). By the telephone's, the line gets a second call; by the PBX's, 3CX answers busy itself.",
    "What it sends as Alert-Info: nothing found.",
  ],
  claims: {},
});
