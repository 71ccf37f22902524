import type { Profile } from "../profile.ts";
import { generic } from "./generic.ts";

/** Kamailio with a failure route that follows redirections (`uac_redirect`, then `lookup`). */
export const kamailio: Profile = {
  ...generic,
  id: "kamailio",
  name: "Kamailio",
  evidence: "tested",
  sources: [
    "test/interop/ with Debian's Kamailio 5.6: lines register by digest over UDP and TCP, a 302 is followed to extensions, names and outside numbers, P-Asserted-Identity tells who calls",
    "Documentation of Kamailio's module uac_redirect: get_redirects in a failure_route; without it a 302 goes to the caller",
    "Trials with Kamailio 5.6.3 on loopback, November 2026: get_redirects followed by lookup carries the call on, with Call-ID, From tag and CSeq unchanged; the README's example sends it to itself",
  ],
  followsRedirect: "yes",
  // Users of a proxy are often names: sip:alice@example.com.
  namedExtensions: true,
};
