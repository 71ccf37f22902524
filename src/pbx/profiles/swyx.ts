import { defineProfile, documented } from "../define-profile.ts";
import { generic } from "./generic.ts";

/** Swyx (Enreach). */
export const swyx = defineProfile(generic, {
  id: "swyx",
  name: "Swyx",
  remarks: [
    "Whether it follows a 302 of a SIP telephone: nothing found. “Umleitung” in its list of what SIP telephones can do means one that the other end has set.",
    "“Zweitanruf unterbinden” (Swyx's help, “Umleiten bei Besetzt”) keeps the second call from the line: then say `secondCall: no`.",
    "The user needs “SIP-Anmeldung zulassen”, with SIP user name and SIP user id (administration, “SIP-Registrierung”); where they differ, the id is `authUsername`.",
  ],
  claims: {
    secondCall: documented(
      "yes",
      "Swyx's help 14.00, E.3.1 “SIP-Endgeräte”: a second call can be signalled to a SIP telephone",
    ),
  },
});
