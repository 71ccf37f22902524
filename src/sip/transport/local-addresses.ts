import { createSocket } from "node:dgram";
import { BlockList } from "node:net";
import { networkInterfaces } from "node:os";
import type { NetworkInterfaceInfo } from "node:os";
import type { Clock } from "../../base/clock.ts";
import {
  canonicalAddress,
  isIpv6Address,
  isLoopbackAddress,
  isWildcardAddress,
  withoutZone,
} from "./ip-address.ts";

/** For how long what the system said of its interfaces, and of the way to an address, is taken to hold. */
const interfacesMs = 5000;
const routeMs = 60_000;
const mostRoutes = 1000;
/** Any port: nothing is sent to it. */
const discardPort = 9;

interface Interface {
  readonly address: string;
  readonly isInternal: boolean;
  readonly subnet: BlockList;
}

/** The machine's own addresses, and which of them it uses to reach another. */
export class LocalAddresses {
  readonly #clock: Clock;
  readonly #list: typeof networkInterfaces;
  #interfaces: readonly Interface[] = [];
  #readAt = -Infinity;
  readonly #routes = new Map<string, { at: number; address: string | undefined }>();

  constructor(clock: Clock, list: typeof networkInterfaces = networkInterfaces) {
    this.#clock = clock;
    this.#list = list;
  }

  /** Whether the address is one of this machine. */
  has(address: string): boolean {
    return (
      isLoopbackAddress(address) ||
      this.#read().some((own) => withoutZone(own.address) === withoutZone(address))
    );
  }

  /**
   * The address from which the machine sends to `remote`: what `learn` found, else that of the interface whose network
   * holds it, else that of the first interface that leads outside.
   */
  toward(remote: string): string {
    const isIpv6 = isIpv6Address(remote);
    if (isLoopbackAddress(remote)) return isIpv6 ? "::1" : "127.0.0.1";
    const learned = this.#routes.get(remote)?.address;
    if (learned !== undefined) return learned;
    const own = this.#read().filter((candidate) => isIpv6Address(candidate.address) === isIpv6);
    const neighbour = own.find(({ subnet }) => subnet.check(withoutZone(remote), isIpv6 ? "ipv6" : "ipv4"));
    const outward = own.find(({ address, isInternal }) => !isInternal && !address.startsWith("fe80:"));
    return (neighbour ?? outward)?.address ?? (isIpv6 ? "::1" : "127.0.0.1");
  }

  /** Asks the system's routing table, which knows of VPNs and second gateways. Sends nothing; never rejects. */
  async learn(remote: string): Promise<void> {
    const now = this.#clock.now();
    const known = this.#routes.get(remote);
    if (isLoopbackAddress(remote) || (known !== undefined && now - known.at < routeMs)) return;
    this.#routes.delete(remote);
    // Noted before the answer, so that who asks at the same time does not ask again.
    this.#routes.set(remote, { at: now, address: known?.address });
    const [oldest] = this.#routes.keys();
    if (this.#routes.size > mostRoutes && oldest !== undefined) this.#routes.delete(oldest);
    const address = await sourceAddress(remote);
    if (this.#routes.has(remote)) this.#routes.set(remote, { at: now, address });
  }

  #read(): readonly Interface[] {
    const now = this.#clock.now();
    if (now - this.#readAt >= interfacesMs) {
      this.#readAt = now;
      this.#interfaces = Object.values(this.#list()).flatMap((infos) => (infos ?? []).map(toInterface));
    }
    return this.#interfaces;
  }
}

function toInterface(info: NetworkInterfaceInfo): Interface {
  const subnet = new BlockList();
  const prefix = Number(info.cidr?.split("/")[1]);
  const family = info.family === "IPv6" ? "ipv6" : "ipv4";
  if (Number.isInteger(prefix)) subnet.addSubnet(withoutZone(info.address), prefix, family);
  return { address: canonicalAddress(info.address) ?? info.address, isInternal: info.internal, subnet };
}

/** A datagram socket that is connected has the address by which it would send. */
function sourceAddress(remote: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(isIpv6Address(remote) ? "udp6" : "udp4");
    const finish = (address: string | undefined) => {
      socket.close();
      resolve(address);
    };
    socket.once("error", () => finish(undefined));
    socket.connect(discardPort, remote, () => {
      const own = canonicalAddress(socket.address().address);
      // Without a way there the socket stays unbound.
      finish(own === undefined || isWildcardAddress(own) ? undefined : own);
    });
  });
}
