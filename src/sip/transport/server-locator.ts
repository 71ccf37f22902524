import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { RandomSource } from "../../base/random.ts";
import { succeed } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";
import type { SipUri } from "../message/uri.ts";
import { locateServers, resolveAddresses } from "./locate.ts";
import type { Resolver } from "./resolver.ts";
import type { Endpoint, TransportProtocol } from "./transport.ts";

export interface ServerLocatorOptions {
  readonly resolver: Resolver;
  /** What can be sent by now, the preferred first. */
  readonly protocols: () => readonly TransportProtocol[];
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How many targets are remembered, and for how long what was found last stands in for nothing. */
const mostRemembered = 1000;
const lastGoodMs = 24 * 60 * 60_000;

/**
 * Locates servers and remembers what it found: a PBX's name that vanishes from DNS (a zone loaded wrongly, a VPN that is
 * down) leads on to where it led last. `RecordCache` does the same for DNS that fails; here it is for DNS that answers "no".
 */
export class ServerLocator {
  readonly #options: ServerLocatorOptions;
  readonly #endpoints: LastGood<Endpoint>;
  readonly #addresses: LastGood<string>;

  constructor(options: ServerLocatorOptions) {
    this.#options = options;
    this.#endpoints = new LastGood(options);
    this.#addresses = new LastGood(options);
  }

  /** As `locateServers`: where to try a request for `uri`, in order. Never rejects. */
  async locate(uri: SipUri): Promise<Result<Endpoint[], string>> {
    const { resolver, random, protocols } = this.#options;
    const located = await locateServers(uri, { resolver, random, protocols: protocols() });
    return this.#endpoints.or(uri, located);
  }

  /** As `resolveAddresses`: every address from which the server of `uri` may call. Never rejects. */
  async resolveAddresses(uri: SipUri): Promise<Result<string[], string>> {
    return this.#addresses.or(uri, await resolveAddresses(uri, this.#options));
  }
}

class LastGood<Found> {
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** In the order in which they were last found. */
  readonly #found = new Map<string, { at: number; found: Found[]; isStandingIn: boolean }>();

  constructor(options: Pick<ServerLocatorOptions, "clock" | "logger">) {
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  or(uri: SipUri, outcome: Result<Found[], string>): Result<Found[], string> {
    const key = [
      uri.scheme,
      uri.host,
      uri.port,
      uri.parameters.get("maddr"),
      uri.parameters.get("transport"),
    ].join(" ");
    const now = this.#clock.now();
    if (outcome.ok) {
      this.#found.delete(key);
      this.#found.set(key, { at: now, found: outcome.value, isStandingIn: false });
      const [oldest] = this.#found.keys();
      if (this.#found.size > mostRemembered && oldest !== undefined) this.#found.delete(oldest);
      return outcome;
    }
    const last = this.#found.get(key);
    if (last === undefined || now - last.at > lastGoodMs) return outcome;
    if (!last.isStandingIn) {
      last.isStandingIn = true;
      this.#logger.warn(
        { host: uri.host, reason: outcome.failure },
        "DNS lost a server; its last addresses are used on",
      );
    }
    return succeed(last.found);
  }
}
