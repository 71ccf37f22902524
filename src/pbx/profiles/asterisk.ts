import { defineProfile, documented, tested } from "../define-profile.ts";
import { generic } from "./generic.ts";

const source = "res_pjsip_session.c and app_dial.c of Asterisk, read at f0c1c1a";
/** Asterisk 22.10.1, by `npm run test:asterisk`. */
const test = "test/asterisk/check.asterisk.ts";
const trials = "Trials with Asterisk 22.10.1 and 16.28 on loopback, November 2026";

/** Asterisk with chan_pjsip. */
export const asterisk = defineProfile(generic, {
  id: "asterisk",
  name: "Asterisk",
  remarks: [
    "The line's endpoint must have `redirect_method=user`, which is the default since 12.2. With `uri_core` and `uri_pjsip` Asterisk calls itself, asks itself for a password, and the caller gets 403.",
    "A line gets as many calls as come; `device_state_busy_at` alone does not change that.",
    "The target is dialled in the context of the line's endpoint, so the dialplan has to know the form in which numbers come: `redirectNumber: dialled` where it knows no `+`.",
    "A number that the dialplan does not know ends in 603 for the caller. Dial and Queue with the option `i` ignore a 302.",
    "Without `send_pai` or `send_rpid` the shape of the From user alone tells inside from outside; nothing marks a call.",
    "A dialplan that tests the line's state before Dial answers busy itself: then the line has no second call.",
    "Asterisk calls one contact of a line alone: `max_contacts=1` and `remove_existing=yes` keep it the right one.",
  ],
  claims: {
    identityHeaders: documented(
      ["P-Asserted-Identity", "Remote-Party-ID", "From"],
      `${trials}: From always, P-Asserted-Identity by send_pai, Remote-Party-ID by send_rpid; the host is the PBX's for every caller`,
    ),
    followsRedirect: tested("yes", test),
    redirectAfterRinging: tested(true, test),
    redirectHost: documented("domain", `${source}: the host of the Contact is ignored; ${trials}: so it was`),
    redirectParameters: documented("", `${trials}: port and parameters of the Contact are ignored`),
    diversion: documented(
      true,
      `${trials}: a Diversion in the 302 is taken over word for word; without it the reason is unknown`,
    ),
    historyInfo: documented(true, `${source}: Diversion is read first, then History-Info`),
    secondCall: tested("yes", test),
    calledParty: documented([], `${trials}: the Request-URI is the Contact of the REGISTER, to the letter`),
  },
});
