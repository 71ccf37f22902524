import { BlockList, isIPv4, isIPv6 } from "node:net";
import type { Result } from "../base/result.ts";
import type { SipUri } from "../sip/user-agent.ts";

export type ResolveAddresses = (uri: SipUri) => Promise<Result<readonly string[], string>>;

const mostVerdicts = 1000;

/**
 * From where a PBX may speak to us: the addresses and networks that were configured, and whatever the names of its
 * registrar and outbound proxy resolve to. A name that does not resolve keeps the addresses it had.
 */
export class AcceptedAddresses {
  readonly #configured: readonly string[];
  readonly #resolve: ResolveAddresses;
  /** What each name resolved to last. */
  readonly #resolved: Map<SipUri, readonly string[]>;
  #list: BlockList;
  /** What was asked lately: a call is answered faster than a list is searched. */
  readonly #verdicts = new Map<string, boolean>();

  constructor(configured: readonly string[], names: readonly SipUri[], resolve: ResolveAddresses) {
    this.#configured = configured;
    this.#resolve = resolve;
    this.#resolved = new Map(names.map((name) => [name, []]));
    this.#list = makeList(configured);
  }

  /** An address as a socket tells it. Anything else is not accepted. */
  has(address: string): boolean {
    let verdict = this.#verdicts.get(address);
    if (verdict === undefined) {
      // Forged sources are many: what is remembered must not grow with them.
      if (this.#verdicts.size >= mostVerdicts) this.#verdicts.clear();
      verdict = this.#search(address);
      this.#verdicts.set(address, verdict);
    }
    return verdict;
  }

  /** Asks for the names again. Never rejects; the failure, a sentence, says that none of the names has had an address. */
  async refresh(): Promise<Result<undefined, string>> {
    let failure: string | undefined;
    const names = [...this.#resolved.keys()];
    const answers = await Promise.all(names.map((name) => this.#resolve(name)));
    for (const [index, name] of names.entries()) {
      const answer = answers[index];
      if (answer?.ok === true) this.#resolved.set(name, answer.value);
      else if (answer !== undefined) failure ??= answer.failure;
    }
    const found = [...this.#resolved.values()].flat();
    this.#list = makeList([...this.#configured, ...found]);
    this.#verdicts.clear();
    // One is enough: a registrar's name may mean something to the outbound proxy alone.
    return failure === undefined || found.length > 0
      ? { ok: true, value: undefined }
      : { ok: false, failure };
  }

  #search(address: string): boolean {
    const bare = withoutZone(address);
    if (isIPv4(bare)) return this.#list.check(bare, "ipv4");
    return isIPv6(bare) && this.#list.check(bare, "ipv6");
  }
}

/** Entries are addresses or CIDR; the configuration's schema has refused what is neither, so that is passed over here. */
function makeList(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = "", prefix] = withoutZone(entry).split("/");
    const family = isIPv4(address) ? "ipv4" : isIPv6(address) ? "ipv6" : undefined;
    if (family === undefined) continue;
    const longest = family === "ipv4" ? 32 : 128;
    const length = prefix === undefined ? longest : Number(prefix);
    if (Number.isInteger(length) && length >= 0 && length <= longest) list.addSubnet(address, length, family);
  }
  return list;
}

/** `fe80::1%eth0` without the interface, which no list knows. */
function withoutZone(address: string): string {
  const mark = address.indexOf("%");
  return mark === -1 ? address : address.slice(0, mark);
}
