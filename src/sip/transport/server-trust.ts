import { readFileSync } from "node:fs";
import { getCACertificates } from "node:tls";
import { fail, succeed } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";

/** How a server that was configured is known over TLS. */
export interface TrustedServer {
  /** Its names; a certificate for one of them will do for all. Addresses can be among them. */
  readonly hosts: readonly string[];
  /** PEM, or the path of a file with PEM, of the only authorities that count; absent: the system's. */
  readonly ca?: string | undefined;
  /** False: whoever answers is believed. */
  readonly verify: boolean;
}

/** What a connection to a server asks of its certificate. */
export interface TrustTerms {
  readonly names: readonly string[];
  readonly ca?: string | undefined;
  readonly verify: boolean;
}

/** How many addresses are remembered by the name that led to them. */
const mostAddresses = 1000;

/** Which certificates are believed, by the name of the server that is asked for. */
export class ServerTrust {
  #byHost: ReadonlyMap<string, TrustTerms> = new Map();
  readonly #hosts = new Map<string, string>();

  /** All servers that are not to be held to the system's authorities and their own name alone. */
  set(servers: readonly TrustedServer[]): void {
    const byHost = new Map<string, TrustTerms>();
    for (const { hosts, ca, verify } of servers) {
      for (const name of hosts) {
        const host = name.toLowerCase();
        const known = byHost.get(host);
        // Two PBXs behind one name: the stricter of the two holds.
        if (known === undefined || (!known.verify && verify)) byHost.set(host, { names: hosts, ca, verify });
      }
    }
    this.#byHost = byHost;
  }

  /**
   * The terms for a connection to a name at an address. A server's Contact gives its address alone as a rule: that is
   * known by the name that led there before.
   */
  termsFor(domain: string, address: string): TrustTerms {
    const host = domain.toLowerCase();
    const direct = this.#byHost.get(host);
    if (direct !== undefined) {
      this.#remember(address, host);
      return { ...direct, names: [...new Set([host, ...direct.names])] };
    }
    const known = this.#byHost.get(host === address ? (this.#hosts.get(address) ?? "") : "");
    return known === undefined ? { names: [host], verify: true } : known;
  }

  #remember(address: string, host: string): void {
    this.#hosts.delete(address);
    this.#hosts.set(address, host);
    const [oldest] = this.#hosts.keys();
    if (this.#hosts.size > mostAddresses && oldest !== undefined) this.#hosts.delete(oldest);
  }
}

/** The authorities of the terms, as PEM. The failure is a sentence: the file cannot be read. */
export function authoritiesOf({ ca }: TrustTerms): Result<string[] | undefined, string> {
  if (ca === undefined) {
    const system = [...getCACertificates("system"), ...getCACertificates("extra")];
    return succeed(system.length > 0 ? system : undefined);
  }
  if (ca.includes("-----BEGIN")) return succeed([ca]);
  try {
    return succeed([readFileSync(ca, "utf8")]);
  } catch (error) {
    return fail(
      `the authorities in ${ca} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
