import type { Profile } from "../profile.ts";
import { generic } from "./generic.ts";

/** Asterisk with chan_pjsip. */
export const asterisk: Profile = {
  ...generic,
  id: "asterisk",
  name: "Asterisk",
  evidence: "documented",
  sources: [
    "res_pjsip_session.c and app_dial.c of Asterisk (read at f0c1c1a): with redirect_method=user, the default since 12.2, the user part of the first Contact is dialled in the line's own context, and the host is ignored",
    "Trials with Asterisk 22.10.1 and 16.28 on loopback, November 2026: 302 followed; a Diversion in the 302 is taken over word for word; redirect_method uri_core and uri_pjsip end in 403; tel: is not followed; History-Info by send_history_info",
    "The same trials: without send_pai the shape of the From user alone tells inside from outside",
  ],
  followsRedirect: "yes",
};
