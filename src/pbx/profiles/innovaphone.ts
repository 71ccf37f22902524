import { defineProfile, documented } from "../define-profile.ts";
import { generic } from "./generic.ts";

/** innovaphone PBX. */
export const innovaphone = defineProfile(generic, {
  id: "innovaphone",
  name: "innovaphone",
  remarks: [
    "Whether the PBX follows a 302: not said. For telephones that register by SIP its wiki has the telephone forward by itself (“Reference9:Phone/User/Function-Keys/Call-Forwarding”), which works while it is registered; in which form is not told.",
    "Forwardings set at the PBX's object act first. The caller hears busy where they form a loop.",
    "Versions before 2016 send no Alert-Info: then the marks never fit, and the site's numbering decides.",
  ],
  claims: {
    marks: documented(
      [
        { says: "internal", header: "Alert-Info", contains: "alert:source:internal" },
        { says: "external", header: "Alert-Info", contains: "alert:source:external" },
      ],
      "innovaphone wiki, “SIP:Alert-Info header”, June 2016: INVITEs carry an Alert-Info as in RFC 7462, whose URNs these are",
    ),
  },
});
