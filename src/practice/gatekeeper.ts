import type { Clock } from "../base/clock.ts";
import type { RandomSource } from "../base/random.ts";
import type { SipRequest } from "../sip/user-agent.ts";
import { DigestServer } from "../sip/user-agent.ts";

export interface GatekeeperOptions {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly realm: string;
  readonly findPassword: (username: string) => string | undefined;
}

export type Admission =
  | { readonly kind: "admitted"; readonly username: string }
  /** To be answered with these headers. */
  | {
      readonly kind: "challenged";
      readonly status: 401 | 407;
      readonly headers: readonly (readonly [string, string])[];
    }
  /** 403: what was asked for was given, and it was wrong. */
  | { readonly kind: "refused" };

/** RFC 3261 §22.2, §22.3: a registrar asks as the other end, a PBX that carries calls on asks as a proxy does. */
const spaces = {
  REGISTER: { status: 401, challenge: "WWW-Authenticate", credentials: "Authorization" },
  INVITE: { status: 407, challenge: "Proxy-Authenticate", credentials: "Proxy-Authorization" },
} as const;

const mostRemembered = 1_000;

/** Lets in who proves to be an extension. Wrong credentials are told from credentials that come unasked. */
export class Gatekeeper {
  readonly #digest: DigestServer;
  /** Call-IDs that have been challenged and not been admitted since: whoever fails twice does not know the password. */
  readonly #challenged = new Set<string>();

  constructor(options: GatekeeperOptions) {
    this.#digest = new DigestServer(options);
  }

  check(request: SipRequest, method: keyof typeof spaces): Admission {
    const { status, challenge, credentials } = spaces[method];
    const verdict = this.#digest.check(request, credentials);
    const { callId } = request;
    if (verdict.kind === "accepted") {
      this.#challenged.delete(callId);
      return { kind: "admitted", username: verdict.username };
    }
    const hasFailedTwice = this.#challenged.delete(callId) && request.headers.has(credentials);
    if (hasFailedTwice && !verdict.isStale) return { kind: "refused" };
    this.#challenged.add(callId);
    const [oldest] = this.#challenged;
    if (this.#challenged.size > mostRemembered && oldest !== undefined) this.#challenged.delete(oldest);
    const headers = this.#digest
      .challenges(verdict.isStale)
      .map((value): readonly [string, string] => [challenge, value]);
    return { kind: "challenged", status, headers };
  }
}
