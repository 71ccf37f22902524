import type { Profile } from "../profile.ts";
import { asterisk } from "./asterisk.ts";
import { freeswitch } from "./freeswitch.ts";
import { fritzbox } from "./fritzbox.ts";
import { generic } from "./generic.ts";
import { kamailio } from "./kamailio.ts";
import { threeCx } from "./three-cx.ts";

/** All kinds of PBX that something is known of. */
export const profiles: readonly Profile[] = [generic, asterisk, kamailio, freeswitch, fritzbox, threeCx];

export const profileIds: readonly string[] = profiles.map(({ id }) => id);

export function findProfile(id: string): Profile | undefined {
  return profiles.find((profile) => profile.id === id);
}
