/** What is known beforehand of calls that would be silent: media goes between phone and PBX, past Divert. */
import { BlockList, isIPv4, isIPv6 } from "node:net";

/**
 * `browser-media`: a browser speaks DTLS-SRTP and ICE, which the PBX may not. `nat-media`: the phone tells an address for
 * its media that the PBX does not reach.
 */
export interface PhoneWarning {
  readonly code: "browser-media" | "nat-media";
  /** For people: a sentence or two. */
  readonly message: string;
}

export interface PairingFacts {
  /** By which the phone is registered. */
  readonly protocol: string;
  /** The host in its Contact: where it believes that it is. */
  readonly contactHost: string;
  /** Where it is seen. */
  readonly sourceAddress: string;
  /** What the profile of the line's PBX says. */
  readonly webrtcMedia: "yes" | "no" | "unknown";
  /** The PBX is seen at the same address: both are behind one NAT, or on one machine. */
  readonly isBesidePbx: boolean;
}

/** Addresses that mean nothing outside their own network: RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291. */
const privateAddresses = new BlockList();
for (const [network, prefix] of [
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["100.64.0.0", 10],
  ["169.254.0.0", 16],
] as const) {
  privateAddresses.addSubnet(network, prefix, "ipv4");
}
privateAddresses.addSubnet("fc00::", 7, "ipv6");
privateAddresses.addSubnet("fe80::", 10, "ipv6");

export function warningsOf(facts: PairingFacts): PhoneWarning[] {
  const { protocol, contactHost, sourceAddress, webrtcMedia, isBesidePbx } = facts;
  if (protocol === "WS" || protocol === "WSS") {
    // A browser finds its way through NATs by ICE, if the PBX speaks that.
    if (webrtcMedia === "yes") return [];
    const doubt =
      webrtcMedia === "no"
        ? "and this PBX does not take that: calls have no sound."
        : "and it is not known whether this PBX takes that; if not, calls have no sound. Say `webrtcMedia: yes` once they have.";
    return [
      { code: "browser-media", message: `A phone in a browser sends encrypted media by ICE, ${doubt}` },
    ];
  }
  const host = contactHost.replace(/^\[|\]$/g, "");
  if (host === sourceAddress || !isPrivate(host) || isBesidePbx) return [];
  return [
    {
      code: "nat-media",
      message:
        `The phone believes to be at ${host} and is seen at ${sourceAddress}: a NAT stands between. Unless the phone finds out ` +
        "its public address (STUN), or the PBX answers media to where it comes from, calls have no sound.",
    },
  ];
}

function isPrivate(host: string): boolean {
  if (isIPv4(host)) return privateAddresses.check(host, "ipv4");
  return isIPv6(host) && privateAddresses.check(host, "ipv6");
}
