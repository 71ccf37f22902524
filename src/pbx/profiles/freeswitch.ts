import { defineProfile, documented } from "../define-profile.ts";
import { generic } from "./generic.ts";

const source = "sofia.c of FreeSWITCH, read at cc93a68";

/** FreeSWITCH with mod_sofia. */
export const freeswitch = defineProfile(generic, {
  id: "freeswitch",
  name: "FreeSWITCH",
  remarks: [
    "Read in the source, not tried by this project.",
    "The caller is transferred in the context that the caller came by: a call from outside goes on in `public`, where the target has to be reachable.",
    "`outbound_redirect_fatal=true` (its documentation: “Channel Variables Catalog”) ends the line's leg instead and leaves the rest to the dialplan; `manual-redirect` sends it to the context `redirected`, which the stock configuration does not have.",
    "A 302 of one member of a fork ends the ringing of all others (FreeSWITCH issue 1172; documentation of outbound_redirect_fatal).",
  ],
  claims: {
    followsRedirect: documented("yes", `${source}: a 302 of an outbound leg transfers the caller`),
    redirectHost: documented(
      "domain",
      `${source}: with a host that is the profile's address or a local domain the caller is transferred to the user part; any other host is called directly`,
    ),
    diversion: documented(true, `${source}: Diversion is kept as sip_redirected_by`),
  },
});
