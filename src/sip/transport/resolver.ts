/**
 * The DNS port (RFC 3263 §4): what locating a server asks of the domain name system.
 * No method ever rejects, and none blocks: DNS that fails is an outcome.
 */
import type { Result } from "../../base/result.ts";

/** What DNS says: the records there are; none when the name, or such a record of it, does not exist. */
export interface DnsAnswer<DnsRecord> {
  readonly records: readonly DnsRecord[];
  /** For how long it may be remembered. */
  readonly ttlSeconds: number;
}

/** DNS said nothing that can be used: silence, SERVFAIL, a refusal. The text is for people. */
export type DnsFailure = string;

export type DnsLookup<DnsRecord> = Promise<Result<DnsAnswer<DnsRecord>, DnsFailure>>;

/** RFC 3403 §4. */
export interface NaptrRecord {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly service: string;
  readonly replacement: string;
}

/** RFC 2782. */
export interface SrvRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

export interface Resolver {
  naptr(name: string): DnsLookup<NaptrRecord>;
  srv(name: string): DnsLookup<SrvRecord>;
  /** IPv4 addresses. */
  a(name: string): DnsLookup<string>;
  /** IPv6 addresses. */
  aaaa(name: string): DnsLookup<string>;
}
