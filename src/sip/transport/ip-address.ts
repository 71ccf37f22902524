import { isIP, SocketAddress } from "node:net";

const mappedIpv4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * A numeric address in the one form in which addresses are compared: IPv4 as it is, IPv6 lower-case, shortest, without
 * brackets, an IPv4-mapped one as IPv4. A zone (`fe80::1%eth0`) stays: without it a link-local address leads nowhere.
 * Undefined for anything that is not a numeric address.
 */
export function canonicalAddress(text: string): string | undefined {
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  switch (isIP(bare)) {
    case 4:
      return bare;
    case 6:
      return canonicalIpv6(bare);
    default:
      return undefined;
  }
}

function canonicalIpv6(text: string): string {
  const zoneAt = text.indexOf("%");
  const zone = zoneAt < 0 ? "" : text.slice(zoneAt);
  const { address } = new SocketAddress({
    family: "ipv6",
    address: zoneAt < 0 ? text : text.slice(0, zoneAt),
  });
  return mappedIpv4.exec(address)?.[1] ?? address + zone;
}

/** Whether a numeric address without brackets is an IPv6 one. */
export function isIpv6Address(address: string): boolean {
  return address.includes(":");
}

/** An address as it stands in a Via or a URI: IPv6 in brackets, without its zone, which means nothing to others. */
export function hostOfAddress(address: string): string {
  return isIpv6Address(address) ? `[${withoutZone(address)}]` : address;
}

/** The address without its zone. */
export function withoutZone(address: string): string {
  const zoneAt = address.indexOf("%");
  return zoneAt < 0 ? address : address.slice(0, zoneAt);
}

/** `0.0.0.0` and `::`: bound there, a socket has every address of the machine. */
export function isWildcardAddress(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

export function isLoopbackAddress(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

/** What to count by: one customer of a provider has a whole IPv6 /64, so its addresses are one. */
export function neighbourhood(address: string): string {
  if (!isIpv6Address(address)) return address;
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => "0");
  return [...before, ...zeros, ...after].slice(0, 4).join(":");
}
