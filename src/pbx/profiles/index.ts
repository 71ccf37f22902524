import type { Profile } from "../profile.ts";
import { asterisk } from "./asterisk.ts";
import { auerswald } from "./auerswald.ts";
import { avayaIpOffice } from "./avaya-ip-office.ts";
import { cucm } from "./cucm.ts";
import { freepbx } from "./freepbx.ts";
import { freeswitch } from "./freeswitch.ts";
import { fritzbox } from "./fritzbox.ts";
import { fusionpbx } from "./fusionpbx.ts";
import { generic } from "./generic.ts";
import { innovaphone } from "./innovaphone.ts";
import { kamailio } from "./kamailio.ts";
import { mivoice400 } from "./mivoice-400.ts";
import { mxOne } from "./mx-one.ts";
import { openscape4000 } from "./openscape-4000.ts";
import { openscapeBusiness } from "./openscape-business.ts";
import { panasonicNs } from "./panasonic-ns.ts";
import { starface } from "./starface.ts";
import { swyx } from "./swyx.ts";
import { threeCx } from "./three-cx.ts";

/** All kinds of PBX that Divert has a profile of. */
export const profiles: readonly Profile[] = [
  generic,
  asterisk,
  freepbx,
  kamailio,
  freeswitch,
  fusionpbx,
  fritzbox,
  threeCx,
  starface,
  cucm,
  innovaphone,
  openscapeBusiness,
  openscape4000,
  mivoice400,
  mxOne,
  auerswald,
  panasonicNs,
  avayaIpOffice,
  swyx,
];

export const profileIds: readonly string[] = profiles.map(({ id }) => id);

const byId: ReadonlyMap<string, Profile> = new Map(profiles.map((profile) => [profile.id, profile]));

export function findProfile(id: string): Profile | undefined {
  return byId.get(id);
}
