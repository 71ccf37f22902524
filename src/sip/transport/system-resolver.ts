import type { RecordWithTtl } from "node:dns";
import { Resolver as DnsClient } from "node:dns/promises";
import type { Clock } from "../../base/clock.ts";
import { fail, succeed } from "../../base/result.ts";
import { HostsFile } from "./hosts-file.ts";
import { RecordCache, recordCacheLimits } from "./record-cache.ts";
import type { RecordCacheLimits } from "./record-cache.ts";
import type { DnsLookup, NaptrRecord, Resolver, SrvRecord } from "./resolver.ts";

export interface SystemResolverOptions {
  readonly clock: Clock;
  /** `address:port` of name servers; the system's own unless given. */
  readonly servers?: readonly string[];
  /** `/etc/hosts` unless given. */
  readonly hostsPath?: string;
  readonly limits?: Partial<RecordCacheLimits>;
}

/** Node does not tell the TTL of SRV and NAPTR records, nor for how long a name may be taken not to exist. */
const untoldTtlSeconds = 60;
const noneTtlSeconds = 30;
const hostsTtlSeconds = 10;

/** How often a silent server is asked again; the deadline of the cache ends what takes longer than it is worth. */
const clientOptions = { timeout: 2000, tries: 3 };

/** A machine that changed its network has other name servers: after failures they are read anew, at most this often. */
const renewalMs = 30_000;

/** `_sip._udp.` */
const servicePrefix = /^_[^.]*\._[^.]*\./;

/** c-ares: the name does not exist; it has no such record; it is no name at all. */
const saysNone: ReadonlySet<unknown> = new Set(["ENOTFOUND", "ENODATA", "EBADNAME"]);

/** The system's DNS, after its hosts file, behind a cache (see `RecordCache`). Nothing here blocks or rejects. */
export class SystemResolver implements Resolver {
  readonly #clock: Clock;
  readonly #servers: readonly string[] | undefined;
  readonly #hosts: HostsFile;
  #client: DnsClient;
  #renewedAt: number;
  readonly #naptr: RecordCache<NaptrRecord>;
  readonly #srv: RecordCache<SrvRecord>;
  readonly #a: RecordCache<string>;
  readonly #aaaa: RecordCache<string>;

  constructor(options: SystemResolverOptions) {
    this.#clock = options.clock;
    this.#servers = options.servers;
    this.#hosts = new HostsFile(options.hostsPath ?? "/etc/hosts", options.clock);
    this.#client = this.#newClient();
    this.#renewedAt = options.clock.now();
    const limits = { ...recordCacheLimits, ...options.limits };
    const cache = <DnsRecord>(ask: (name: string) => DnsLookup<DnsRecord>) =>
      new RecordCache(ask, options.clock, limits);
    this.#naptr = cache((name) =>
      this.#service(
        name,
        (dns) => dns.resolveNaptr(name),
        ({ order, preference, flags, service, replacement }) => ({
          order,
          preference,
          flags,
          service,
          replacement,
        }),
      ),
    );
    this.#srv = cache((name) =>
      this.#service(
        name,
        (dns) => dns.resolveSrv(name),
        ({ priority, weight, port, name: target }) => ({ priority, weight, port, target }),
      ),
    );
    this.#a = cache((name) => this.#address(name, 4, (dns) => dns.resolve4(name, { ttl: true })));
    this.#aaaa = cache((name) => this.#address(name, 6, (dns) => dns.resolve6(name, { ttl: true })));
  }

  naptr(name: string): DnsLookup<NaptrRecord> {
    return this.#naptr.lookUp(name);
  }

  srv(name: string): DnsLookup<SrvRecord> {
    return this.#srv.lookUp(name);
  }

  a(name: string): DnsLookup<string> {
    return this.#a.lookUp(name);
  }

  aaaa(name: string): DnsLookup<string> {
    return this.#aaaa.lookUp(name);
  }

  /** Ends the questions under way; who waits for them is told a failure. Idempotent. */
  close(): void {
    this.#client.cancel();
  }

  #newClient(): DnsClient {
    const fresh = new DnsClient(clientOptions);
    if (this.#servers !== undefined) fresh.setServers(this.#servers);
    return fresh;
  }

  /** Who writes a name into the hosts file wants that address: DNS, which may not even be there, is not asked. */
  async #service<Raw, DnsRecord>(
    name: string,
    ask: (dns: DnsClient) => Promise<Raw[]>,
    read: (raw: Raw) => DnsRecord,
  ): DnsLookup<DnsRecord> {
    const isHost = await this.#hosts.knows(name.replace(servicePrefix, ""));
    return isHost ? succeed({ records: [], ttlSeconds: hostsTtlSeconds }) : this.#query(ask, read);
  }

  async #address(
    name: string,
    family: 4 | 6,
    ask: (dns: DnsClient) => Promise<RecordWithTtl[]>,
  ): DnsLookup<string> {
    const known = await this.#hosts.find(name, family);
    if (known.length > 0) return succeed({ records: known, ttlSeconds: hostsTtlSeconds });
    return this.#query(
      ask,
      ({ address }) => address,
      ({ ttl }) => ttl,
    );
  }

  async #query<Raw, DnsRecord>(
    ask: (dns: DnsClient) => Promise<Raw[]>,
    read: (raw: Raw) => DnsRecord,
    ttlOf: (raw: Raw) => number = () => untoldTtlSeconds,
  ): DnsLookup<DnsRecord> {
    try {
      const found = await ask(this.#client);
      const ttlSeconds = found.length === 0 ? noneTtlSeconds : Math.min(...found.map(ttlOf));
      return succeed({ records: found.map(read), ttlSeconds });
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (saysNone.has(code)) return succeed({ records: [], ttlSeconds: noneTtlSeconds });
      this.#renewClient();
      return fail(`DNS failed (${String(code ?? error)})`);
    }
  }

  #renewClient(): void {
    const now = this.#clock.now();
    if (now - this.#renewedAt < renewalMs) return;
    this.#renewedAt = now;
    this.#client = this.#newClient();
  }
}
