import { readFile } from "node:fs/promises";
import type { Clock } from "../../base/clock.ts";
import { canonicalAddress, isIpv6Address } from "./ip-address.ts";

/** For how long what was read is taken to be what is there. */
const rereadMs = 10_000;

/** A hosts file has a handful of lines; one of megabytes is a block list, whose names nobody calls. */
const longestText = 4_000_000;

/** hosts(5): the names that are known without DNS. Node's own DNS queries pass it by. */
export class HostsFile {
  readonly #path: string;
  readonly #clock: Clock;
  #readAt = -Infinity;
  #addresses: Promise<ReadonlyMap<string, readonly string[]>> = Promise.resolve(new Map());

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** The addresses of that family that the file gives the name, in its order. A file that cannot be read names nobody. */
  async find(name: string, family: 4 | 6): Promise<readonly string[]> {
    const addresses = (await this.#read()).get(name.toLowerCase()) ?? [];
    return addresses.filter((address) => isIpv6Address(address) === (family === 6));
  }

  async knows(name: string): Promise<boolean> {
    return (await this.#read()).has(name.toLowerCase());
  }

  #read(): Promise<ReadonlyMap<string, readonly string[]>> {
    const now = this.#clock.now();
    if (now - this.#readAt >= rereadMs) {
      this.#readAt = now;
      this.#addresses = readFile(this.#path, "utf8").then(parseHosts, () => new Map<string, string[]>());
    }
    return this.#addresses;
  }
}

/** Lines of an address and its names; `#` begins a comment. What is no such line is passed over. */
export function parseHosts(text: string): Map<string, string[]> {
  const addresses = new Map<string, string[]>();
  for (const line of text.slice(0, longestText).split("\n")) {
    const [written = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    const address = canonicalAddress(written);
    if (address === undefined) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      const known = addresses.get(key);
      if (known === undefined) addresses.set(key, [address]);
      else known.push(address);
    }
  }
  return addresses;
}
