import type { Profile } from "../profile.ts";
import { generic } from "./generic.ts";

/** 3CX Phone System. */
export const threeCx: Profile = {
  ...generic,
  id: "3cx",
  name: "3CX",
  evidence: "assumed",
  sources: [
    "Whether 3CX follows a 302 of a telephone: nothing found in its help of versions 7, 9 and 10 or later, which describes forwardings of the PBX alone",
    "Its advice to busy rules: most telephones accept a second call, so the PBX's own status should be used",
  ],
  followsRedirect: "unknown",
};
