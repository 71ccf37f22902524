import { defineProfile } from "../define-profile.ts";
import { generic } from "./generic.ts";

/** Unify OpenScape Business. */
export const openscapeBusiness = defineProfile(generic, {
  id: "openscape-business",
  name: "Unify OpenScape Business",
  remarks: [
    "Whether it follows a 302 of a SIP telephone, how it names callers to one, and whether a second call is delivered: nothing found.",
    "Unify's telephones know `Bellcore-dr1` for internal and `Bellcore-dr2` for external calls in Alert-Info (OpenScape Voice); that OpenScape Business sends them is not said. Set them as `marks` once a trace shows them.",
  ],
  claims: {},
});
