import { defineProfile, documented } from "../define-profile.ts";
import { asterisk } from "./asterisk.ts";

const source = "FreePBX/core, read at 5bdcf33";

/** FreePBX: Asterisk with the dialplan that FreePBX writes. */
export const freepbx = defineProfile(asterisk, {
  id: "freepbx",
  name: "FreePBX",
  remarks: [
    "A 302 dials its target in `from-internal`, as the line's user would.",
    "A member's 302 takes a ring group's call from the others, unless the group ignores forwardings (`cfignore`: its members dial in `block-cf`). A group with an Alert Info of its own can be told by a mark that says `group`.",
    "An extension with voicemail or a destination for no answer rings 15 seconds unless it is set otherwise: say so as `ringLimit`. One without rings on.",
    "With call waiting off FreePBX answers busy itself: then say `secondCall: no`.",
    "Internal calls have an Alert-Info only where “Internal Alert Info” is set; a mark can go by it.",
  ],
  claims: {
    followsRedirect: documented(
      "yes",
      `${source}: it never sets redirect_method, so Asterisk's default holds; its issue-tracker #664 has such 302s`,
    ),
    secondCall: documented(
      "yes",
      `${source}, Core.class.php: extensions have call waiting unless it is switched off`,
    ),
  },
});
