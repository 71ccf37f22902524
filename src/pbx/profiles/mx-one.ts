import { defineProfile } from "../define-profile.ts";
import { generic } from "./generic.ts";

/** Mitel MX-ONE. */
export const mxOne = defineProfile(generic, {
  id: "mx-one",
  name: "Mitel MX-ONE",
  remarks: [
    "Whether it follows a 302 of a SIP extension, what it sends as Alert-Info, and whether a second call is delivered: nothing found.",
  ],
  claims: {},
});
