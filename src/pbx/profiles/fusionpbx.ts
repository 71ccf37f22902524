import { defineProfile } from "../define-profile.ts";
import { freeswitch } from "./freeswitch.ts";

/** FusionPBX: FreeSWITCH with FusionPBX's dialplan. */
export const fusionpbx = defineProfile(freeswitch, {
  id: "fusionpbx",
  name: "FusionPBX",
  remarks: [
    "What is said of FreeSWITCH is read in its source; that FusionPBX's dialplan leaves it so is not.",
    "Loops of forwardings are not found by FusionPBX itself (its issues 2746 and 2951): Divert's own guard is all there is.",
    ...freeswitch.remarks,
  ],
  claims: {},
});
