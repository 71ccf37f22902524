import { timingSafeEqual } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import type { RandomSource } from "../../base/random.ts";
import { readAuthorization, serializeAuthHeader } from "../message/challenge.ts";
import type { AuthHeader, CredentialsHeader } from "../message/challenge.ts";
import type { SipRequest } from "../message/message.ts";
import { decodeText, encodeText } from "../message/text.ts";
import { credentialsHash, digestResponse, parseAlgorithm, parseNonceCount } from "./digest.ts";
import type { DigestAlgorithm, DigestInput } from "./digest.ts";
import { NonceSource } from "./nonce.ts";

export interface DigestServerOptions {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly realm: string;
  /** Offered in this order. RFC 8760 §2.3: the preferred first. */
  readonly algorithms?: readonly DigestAlgorithm[];
  /** `none`: RFC 2069, for peers that know no qop; then a nonce serves one request. */
  readonly qop?: "auth" | "none";
  /** Milliseconds; five minutes unless said. */
  readonly nonceLifetimeMs?: number;
  /** The password of a user; undefined for a user that does not exist, which nobody outside can tell from a wrong one. */
  readonly findPassword: (username: string) => string | undefined;
}

export type DigestVerdict =
  | { readonly kind: "accepted"; readonly username: string }
  /** Answer 401 or 407 with `challenges(isStale)`. */
  | { readonly kind: "challenge"; readonly isStale: boolean };

/**
 * What credentials are worth before their nonce is used up. `none`: there are none that answer a challenge of ours.
 * `wrong`: somebody has tried a password; `stale`: it was right, but the nonce is too old.
 */
export type DigestJudgement =
  | { readonly kind: "none" }
  | { readonly kind: "wrong" | "stale"; readonly username: string }
  | { readonly kind: "right"; readonly username: string; readonly use: () => boolean };

/** The parameters of credentials that are complete and answer a challenge such as ours. */
interface Claim extends Omit<DigestInput, "credentials"> {
  readonly username: string;
  readonly response: string;
  readonly nonceCount: number | undefined;
}

/** Judges credentials (RFC 3261 §22, RFC 7616, RFC 8760). Never throws on what a request holds. */
export class DigestServer {
  readonly #realm: string;
  readonly #algorithms: readonly DigestAlgorithm[];
  readonly #qop: "auth" | "none";
  readonly #nonces: NonceSource;
  readonly #findPassword: (username: string) => string | undefined;
  /** Stands in for the password of a user that does not exist, so that both take the same way and time. */
  readonly #decoy: string;

  constructor(options: DigestServerOptions) {
    const { clock, random } = options;
    this.#realm = encodeText(options.realm);
    this.#algorithms = options.algorithms ?? ["SHA-256", "MD5"];
    this.#qop = options.qop ?? "auth";
    this.#findPassword = options.findPassword;
    this.#decoy = random.token(128);
    this.#nonces = new NonceSource({
      clock,
      random,
      realm: this.#realm,
      ...(options.nonceLifetimeMs === undefined ? undefined : { lifetimeMs: options.nonceLifetimeMs }),
    });
  }

  /**
   * Values for WWW-Authenticate or Proxy-Authenticate, one field each. Credentials made for one `place`, an address for
   * instance, are none in all others: then whoever answers has heard the challenge there. `algorithms`: only these of ours.
   */
  challenges(
    isStale: boolean,
    place = "",
    algorithms: readonly DigestAlgorithm[] = this.#algorithms,
  ): string[] {
    const nonce = this.#nonces.issue(place);
    return algorithms.map((algorithm) => {
      const parameters = new Map([
        ["realm", this.#realm],
        ["nonce", nonce],
        ["algorithm", algorithm],
      ]);
      if (this.#qop === "auth") parameters.set("qop", "auth");
      if (isStale) parameters.set("stale", "true");
      return serializeAuthHeader({ scheme: "Digest", parameters }, "challenge");
    });
  }

  /**
   * Whether it holds a fresh nonce that was made for that place: whoever sends it has received there. Says nothing of the
   * password, and costs one signature.
   */
  answersChallenge(request: SipRequest, header: CredentialsHeader, place: string): boolean {
    const nonce = this.#findOurs(request, header)?.parameters.get("nonce");
    return nonce !== undefined && this.#nonces.check(nonce, place) === "valid";
  }

  /** Whether the request proves who sends it. What that user may do is another question. */
  check(request: SipRequest, header: CredentialsHeader): DigestVerdict {
    const judgement = this.judge(request, header);
    // RFC 7616 §3.3: stale says that the credentials were right; the client asks nobody and takes the new nonce.
    if (judgement.kind !== "right") return { kind: "challenge", isStale: judgement.kind === "stale" };
    const { username } = judgement;
    return judgement.use() ? { kind: "accepted", username } : { kind: "challenge", isStale: true };
  }

  /** The same without using up the nonce count: `use` does that, and is false when the count was used before. */
  judge(request: SipRequest, header: CredentialsHeader, place = ""): DigestJudgement {
    const ours = this.#findOurs(request, header);
    const claim = ours === undefined ? undefined : this.#readClaim(ours, request);
    const age = claim === undefined ? "foreign" : this.#nonces.check(claim.nonce, place);
    if (claim === undefined || age === "foreign") return { kind: "none" };
    const username = decodeText(claim.username);
    if (!this.#isRight(claim)) return { kind: "wrong", username };
    if (age === "stale") return { kind: "stale", username };
    const use = (): boolean =>
      this.#nonces.use(claim.nonce, claim.username, claim.nonceCount, place) === "valid";
    return { kind: "right", username, use };
  }

  /** RFC 3261 §22.3: several credentials may stand there, each for a realm of its own. */
  #findOurs(request: SipRequest, header: CredentialsHeader): AuthHeader | undefined {
    return readAuthorization(request, header).find(
      ({ scheme, parameters }) =>
        scheme.toLowerCase() === "digest" && parameters.get("realm") === this.#realm,
    );
  }

  #readClaim({ parameters }: AuthHeader, request: SipRequest): Claim | undefined {
    const username = parameters.get("username");
    const nonce = parameters.get("nonce");
    // Not compared with the Request-URI: proxies rewrite that, and some clients name the host alone.
    const uri = parameters.get("uri");
    const response = parameters.get("response");
    const choice = parseAlgorithm(parameters.get("algorithm"));
    if (username === undefined || nonce === undefined || uri === undefined) return undefined;
    if (response === undefined || choice === undefined) return undefined;
    if (!this.#algorithms.includes(choice.algorithm) || choice.isSession) return undefined;
    const claim = { ...choice, username, nonce, uri, response, method: request.method, body: request.body };
    if (this.#qop === "none") return { ...claim, nonceCount: undefined };

    const nonceCount = parameters.get("nc") ?? "";
    const cnonce = parameters.get("cnonce");
    const count = parseNonceCount(nonceCount);
    if (parameters.get("qop") !== "auth" || cnonce === undefined || count === undefined) return undefined;
    return { ...claim, nonceCount: count, protection: { qop: "auth", nonceCount, cnonce } };
  }

  #isRight(claim: Claim): boolean {
    const password = this.#findPassword(decodeText(claim.username));
    const credentials = credentialsHash(
      claim.algorithm,
      claim.username,
      this.#realm,
      encodeText(password ?? this.#decoy),
    );
    const expected = Buffer.from(digestResponse({ ...claim, credentials }), "latin1");
    const given = Buffer.from(claim.response.toLowerCase(), "latin1");
    return given.length === expected.length && timingSafeEqual(given, expected) && password !== undefined;
  }
}
