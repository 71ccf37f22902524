import { defineProfile, documented } from "../define-profile.ts";
import { asterisk } from "./asterisk.ts";

/** FreePBX: Asterisk with the dialplan that FreePBX writes. */
export const freepbx = defineProfile(asterisk, {
  id: "freepbx",
  name: "FreePBX",
  remarks: [
    "FreePBX leaves `redirect_method` at its default. A 302 dials its target in `from-internal`, as the line's user would.",
    "Ring groups refuse the 302 of a member (context `block-cf`), so that it does not take the call from the others.",
    "Whether a line gets a second call is the extension's setting for call waiting: say `secondCall` for each line.",
    "No Alert-Info marks a call as internal or external unless it is set up; see `marks` for one that is.",
  ],
  claims: {
    followsRedirect: documented(
      "yes",
      "FreePBX's module core sets no redirect_method, and app_dial of Asterisk then dials in the line's context; issue-tracker #664 of FreePBX has such 302s",
    ),
    secondCall: documented(
      "unknown",
      "FreePBX's own busy forwarding works only with call waiting off: a setting of each extension",
    ),
  },
});
