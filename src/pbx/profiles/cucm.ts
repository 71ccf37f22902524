import { defineProfile, documented } from "../define-profile.ts";
import { generic } from "./generic.ts";

const guide = "SIP Line Messaging Guide (Standard) for Cisco Unified Communications Manager 12.0(1)";
const traces = "traces in public notes on troubleshooting";

/** Cisco Unified Communications Manager with third-party SIP devices. */
export const cucm = defineProfile(generic, {
  id: "cucm",
  name: "Cisco Unified Communications Manager",
  remarks: [
    "Each device needs a digest user of its own: that is what CUCM tells the lines by (guide, “Source Device ID for RFC3261-Compliant Phones”). Set it as `authUsername`.",
    "Standard registration is over UDP or TCP, not TLS (guide, “Registration”).",
    "A 486 of the line goes back to the caller: CUCM's own forwarding on busy does not act on it (guide, “Endpoint Returns 486 Busy”).",
    "When a call is forwarded several times, CUCM passes the first and the last diversion on.",
  ],
  claims: {
    identityHeaders: documented(
      ["P-Asserted-Identity", "Remote-Party-ID", "From"],
      `${guide}, “Remote-Party-ID Header”: the caller stands in Remote-Party-ID and From, and under privacy in the first alone`,
    ),
    marks: documented(
      [
        { says: "internal", header: "Alert-Info", contains: "Bellcore-dr1" },
        { says: "external", header: "Alert-Info", contains: "Bellcore-dr2" },
      ],
      `${guide}, Table 4: Alert-Info is sent to tell internal from external calls; its values from ${traces}: file://Bellcore-dr1/ where an extension calls, file://Bellcore-dr2/ on a call by a trunk of CUCM 14.0 to a third-party telephone`,
    ),
    followsRedirect: documented("yes", `${guide}, “Endpoint Returns 302 Redirect” and “Call Forwarding”`),
    diversion: documented(
      true,
      `${guide}, “Endpoint Returns 302 Redirect”: the 302 should have a Diversion with the line and the reason`,
    ),
    secondCall: documented(
      "unknown",
      `${guide}, “Endpoint Returns 486 Busy”: each line has a busy trigger; calls beyond it are not presented`,
    ),
    ringLimit: documented(
      180,
      `${guide}, Table 16: an INVITE is valid for 3 minutes unless that is set otherwise`,
    ),
    calledParty: documented(["To"], `${guide}, Table 13: the user part of To is the called party's number`),
  },
});
