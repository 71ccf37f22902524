/** A line at a PBX as calls find it, for tests of what calls do. */
import { groupDefaults } from "../../src/directory/installation.ts";
import type { LineSetup } from "../../src/directory/directory.ts";
import { compileSite } from "../../src/numbering/number-plan.ts";
import type { Site } from "../../src/numbering/site.ts";
import { effectiveProfile } from "../../src/pbx/effective-profile.ts";
import type { PbxConfiguration } from "../../src/pbx/pbx-configuration.ts";
import type { Flow } from "../../src/sip/user-agent.ts";
import { exampleSite } from "./example-sites.ts";

export const contactToken = "0123456789abcdef0123456789abcdef";

/** Line 101 of group sales at pbx.example, which sends from 192.0.2.10. */
export function exampleSetup(pbx: Partial<PbxConfiguration> = {}, site: Partial<Site> = {}): LineSetup {
  const configuration: PbxConfiguration = {
    id: "hq",
    profile: "generic",
    site: "starnberg",
    registrar: "sip:192.0.2.10:5070;transport=udp",
    domain: "pbx.example",
    redirect: "auto",
    addresses: [],
    overrides: {},
    ...pbx,
  };
  const completeSite = exampleSite(site);
  return {
    line: {
      id: "101",
      group: "sales",
      extension: "101",
      username: "101",
      password: "secret",
      secondCall: "yes",
      callWaiting: true,
      contactToken,
    },
    group: {
      id: "sales",
      pbx: "hq",
      answers: { busy: 486, noPhone: 480, declined: 603, dnd: 486 },
      busyCounts: "calls",
      ...groupDefaults,
    },
    pbx: configuration,
    site: completeSite,
    profile: effectiveProfile(configuration),
    plan: compileSite(completeSite),
  };
}

/** The path by which the PBX of `exampleSetup` sends; what is sent back is kept in `sent`. */
export function pbxFlow(remoteAddress = "192.0.2.10"): Flow & { readonly sent: Buffer[] } {
  const sent: Buffer[] = [];
  return {
    protocol: "UDP",
    isReliable: false,
    localAddress: "192.0.2.7",
    localPort: 5060,
    remoteAddress,
    remotePort: 5070,
    isOpen: true,
    send: (bytes) => void sent.push(bytes),
    sent,
  };
}
