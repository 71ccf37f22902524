import { defineProfile } from "../define-profile.ts";
import { generic } from "./generic.ts";

/** Unify OpenScape 4000. */
export const openscape4000 = defineProfile(generic, {
  id: "openscape-4000",
  name: "Unify OpenScape 4000",
  remarks: [
    "Whether it follows a 302 of a SIP subscriber, how it names callers to one, and whether a second call is delivered: nothing found.",
    "Unify's manuals say of its own SIP telephones that not all functions are supported at an OpenScape 4000, without a word on forwarding by the telephone.",
  ],
  claims: {},
});
