import { defineProfile, documented } from "../define-profile.ts";
import { freeswitch } from "./freeswitch.ts";

const source = "fusionpbx/fusionpbx, read at c7a00dc";

/** FusionPBX: FreeSWITCH with FusionPBX's dialplan. */
export const fusionpbx = defineProfile(freeswitch, {
  id: "fusionpbx",
  name: "FusionPBX",
  remarks: [
    "Read in the source, not tried by this project.",
    "The domain has to be the one of FusionPBX's domains that the extension is in: any other host in a 302 is called directly.",
    "A call from outside goes on in the context that it came by, so the target has to be reachable there.",
    "The dialplan `distinctive-ring-local`, off unless it is switched on, gives internal calls `Alert-Info: 3`; a mark can go by it.",
    "FusionPBX finds no loops of forwardings (its issues 2746 and 2951): Divert's own guard is all there is.",
  ],
  claims: {
    followsRedirect: documented(
      "yes",
      `${source}: outbound_redirect_fatal is set nowhere and manual-redirect is off, so FreeSWITCH transfers the caller`,
    ),
    ringLimit: documented(
      30,
      `${source}, app/extensions: an extension's call_timeout is 30 seconds unless it is set otherwise`,
    ),
    secondCall: documented(
      "yes",
      `${source}, dialplan local_extension: an extension gets calls up to its limit_max, which is 5 unless it is set otherwise`,
    ),
  },
});
