import type { Profile } from "../profile.ts";
import { generic } from "./generic.ts";

/** FreeSWITCH with mod_sofia. */
export const freeswitch: Profile = {
  ...generic,
  id: "freeswitch",
  name: "FreeSWITCH",
  evidence: "documented",
  sources: [
    "sofia.c of FreeSWITCH (read at cc93a68): a 302 whose Contact host is the profile's address or a local domain transfers the caller within the caller's own dialplan context; any other host is called directly",
    "The same source: outbound_redirect_fatal and manual-redirect change this",
    "Issue 1172: a 302 of one member of a fork cancels the others. Not tried by this project",
  ],
  followsRedirect: "yes",
};
