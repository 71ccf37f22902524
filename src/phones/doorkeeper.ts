import type { Clock } from "../base/clock.ts";
import type { RandomSource } from "../base/random.ts";
import { fail, succeed } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import type { Line } from "../directory/directory-store.ts";
import type { DigestJudgement, Flow, HeaderFields, NameAddr, SipRequest } from "../sip/user-agent.ts";
import { DigestServer, decodeText, neighbourhood, parseSipUri, unescapeUser } from "../sip/user-agent.ts";
import { GuessGuard } from "./guess-guard.ts";
import { knowsMd5Alone } from "./simple-phones.ts";

/** A request that proved to be a phone's. */
export interface PhoneIdentity {
  readonly line: Line;
  readonly username: string;
}

/** What to answer a request that did not prove whose it is; `silence`: nothing at all. */
export type IdentityRefusal =
  | { readonly status: 401 | 403; readonly headers: HeaderFields }
  | { readonly status: "silence"; readonly headers: HeaderFields };

/** Of one protection space, whatever host a phone knows us by. */
const realm = "divert";

const silence: IdentityRefusal = { status: "silence", headers: [] };
const forbidden: IdentityRefusal = { status: 403, headers: [] };

export interface DoorkeeperOptions {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly findLineByPhone: (username: string) => Line | undefined;
  /** Whether this user's phone is registered by this flow: it is never banned. */
  readonly isBound: (username: string, flow: Flow) => boolean;
  /** Whether phones are registered from this address, or this IPv6 /64. */
  readonly isHome: (address: string) => boolean;
  /** Somebody was banned for guessing passwords. */
  readonly onBanned: (ban: { readonly address: string; readonly username: string }) => void;
}

/**
 * Finds out whose phone a request is from. Who has no phone here hears the same as who has a wrong password, by the
 * same computation, so that nobody can tell which numbers exist.
 */
export class Doorkeeper {
  readonly #options: DoorkeeperOptions;
  readonly #digest: DigestServer;
  readonly #guard: GuessGuard;

  constructor(options: DoorkeeperOptions) {
    const { clock, random, findLineByPhone } = options;
    this.#options = options;
    this.#guard = new GuessGuard(clock);
    this.#digest = new DigestServer({
      clock,
      random,
      realm,
      // RFC 8760 §2.3: the preferred first; old phones know MD5 alone.
      algorithms: ["SHA-256", "MD5"],
      findPassword: (username) => findLineByPhone(username)?.phone?.password,
    });
  }

  /** Whether it answers a fresh challenge that was sent to this address: then the address is not forged. */
  answersChallenge(request: SipRequest, flow: Flow): boolean {
    return this.#digest.answersChallenge(request, "Authorization", flow.remoteAddress);
  }

  /**
   * Before anything is remembered of the request: undefined when it may go on to `identify`. Does not use up the nonce
   * count, since a copy of a request that was let in must find its transaction.
   */
  screen(request: SipRequest, flow: Flow): IdentityRefusal | undefined {
    const judgement = this.#judge(request, flow);
    if (judgement === undefined) return silence;
    return judgement.kind === "right" ? undefined : this.#challenge(judgement, request, flow);
  }

  /** Uses up the nonce count: to be asked once a transaction. */
  identify(request: SipRequest, flow: Flow): Result<PhoneIdentity, IdentityRefusal> {
    const judgement = this.#judge(request, flow);
    if (judgement === undefined) return fail(silence);
    if (judgement.kind !== "right") return fail(this.#challenge(judgement, request, flow));
    const { username } = judgement;
    const line = this.#options.findLineByPhone(username);
    // RFC 7616 §3.3: right, but replayed: the client takes the new nonce and asks nobody.
    if (line === undefined || !judgement.use())
      return fail(this.#challenge({ kind: "stale", username }, request, flow));
    this.#guard.succeeded(neighbourhood(flow.remoteAddress), username);
    // RFC 3261 §10.3 step 4, §22.1: who one is does not let one speak for another.
    return speaksFor(request, username) ? succeed({ line, username }) : fail(forbidden);
  }

  /** Undefined: banned, or too fast. */
  #judge(request: SipRequest, flow: Flow): DigestJudgement | undefined {
    const { isBound, isHome, onBanned } = this.#options;
    const judgement = this.#digest.judge(request, "Authorization", flow.remoteAddress);
    if (judgement.kind === "none") return judgement;
    const { username } = judgement;
    if (isBound(username, flow)) return judgement;
    const address = neighbourhood(flow.remoteAddress);
    const leave = this.#guard.leaveFor(address, username, isHome(address));
    if (leave === "banned") return undefined;
    // Neither right nor wrong: whoever guesses learns nothing from a try that came too early.
    if (leave === "wait") return { kind: "none" };
    if (judgement.kind === "wrong" && this.#guard.failed(address, username)) onBanned({ address, username });
    return judgement;
  }

  #challenge(judgement: DigestJudgement, request: SipRequest, flow: Flow): IdentityRefusal {
    const challenges = this.#digest.challenges(
      judgement.kind === "stale",
      flow.remoteAddress,
      knowsMd5Alone(request) ? ["MD5"] : undefined,
    );
    return { status: 401, headers: challenges.map((value) => ["WWW-Authenticate", value] as const) };
  }
}

/** Whether To of a REGISTER, and From of anything else, names that user, or nobody. */
function speaksFor(request: SipRequest, username: string): boolean {
  const user = userOf(request.method === "REGISTER" ? request.to : request.from);
  if (user === username) return true;
  return request.method !== "REGISTER" && (user === undefined || user.toLowerCase() === "anonymous");
}

export function userOf({ uri }: NameAddr): string | undefined {
  const user = parseSipUri(uri)?.user;
  return user === undefined ? undefined : decodeText(unescapeUser(user));
}
