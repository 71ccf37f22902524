import { defineProfile, tested } from "../define-profile.ts";
import { generic } from "./generic.ts";

const forwarding = "test/interop/forwarding.test.ts";
const phones = "test/interop/phones.test.ts";

/** Kamailio with a failure route that follows redirections (`uac_redirect`, then `lookup`). */
export const kamailio = defineProfile(generic, {
  id: "kamailio",
  name: "Kamailio",
  remarks: [
    "Tested with Debian's Kamailio 5.6 and the configuration in `test/interop/kamailio-configuration.ts`: Kamailio does what its script says.",
    "It follows a 302 only with `get_redirects` in a failure route (documentation of the module uac_redirect), followed by `lookup`; the module's own example sends the call to itself. Without either the caller gets the 302.",
    "The leg that follows has the Call-ID, From tag and CSeq of the one before; Diversion goes on only if the script appends it.",
    "What marks a call as internal, and a limit on a line's calls, is the script's too; how long a line rings is the module tm's `fr_inv_timer`.",
  ],
  claims: {
    identityHeaders: tested(["P-Asserted-Identity", "Remote-Party-ID", "From"], forwarding),
    followsRedirect: tested("yes", forwarding),
    redirectAfterRinging: tested(true, phones),
    redirectHost: tested("domain", forwarding),
    redirectParameters: tested("", forwarding),
    redirectNumber: tested("e164", forwarding),
    // Users of a proxy are often names: sip:alice@example.com.
    namedExtensions: tested(true, forwarding),
    diversion: tested(true, forwarding),
    secondCall: tested("yes", forwarding),
    calledParty: tested([], forwarding),
  },
});
