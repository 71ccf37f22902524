import { defineProfile, documented } from "../define-profile.ts";
import { generic } from "./generic.ts";

/** STARFACE. */
export const starface = defineProfile(generic, {
  id: "starface",
  name: "STARFACE",
  remarks: [
    "Whether STARFACE follows a 302 of a telephone, and what it sends as Alert-Info: nothing found.",
    "STARFACE's own forwardings act before the line is called; with call waiting (“Anklopfen”) its forwarding on busy has no effect, and the line gets the second call.",
  ],
  claims: {
    secondCall: documented(
      "unknown",
      "STARFACE's help on forwardings: call waiting is a setting of the user, and forwarding on busy works without it alone",
    ),
  },
});
