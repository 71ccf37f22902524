import { fail, succeed } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";
import type { AuthHeader } from "../message/challenge.ts";
import { digestAlgorithms, parseAlgorithm } from "./digest.ts";
import type { AlgorithmChoice, QualityOfProtection } from "./digest.ts";

/** A digest challenge that can be answered. Texts are byte strings. */
export interface DigestChallenge extends AlgorithmChoice {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque?: string;
  /** What we chose of what was offered; absent: RFC 2069. */
  readonly qop?: QualityOfProtection;
  /** The credentials were right, the nonce is too old. */
  readonly stale: boolean;
}

/**
 * `no-challenge`: nothing of the scheme Digest is among them. `no-known-algorithm`: no algorithm, or no quality of
 * protection, that is known here. `unknown-realm`: none is of a realm that may be answered.
 */
export type ChallengeFailure = "no-challenge" | "no-known-algorithm" | "unknown-realm";

/**
 * The challenge to answer: the strongest algorithm that we know, of the realms that may be answered; of equals the
 * first. RFC 8760 §2.4 would have the topmost known one unless local policy says otherwise: this is our policy, as
 * PBXs list MD5 first for the sake of old phones.
 */
export function chooseChallenge(
  challenges: readonly AuthHeader[],
  isAnswerable: (realm: string) => boolean,
): Result<DigestChallenge, ChallengeFailure> {
  const digests = challenges.filter(({ scheme }) => scheme.toLowerCase() === "digest");
  if (digests.length === 0) return fail("no-challenge");
  const known = digests.map(readDigestChallenge).filter((challenge) => challenge !== undefined);
  if (known.length === 0) return fail("no-known-algorithm");
  const answerable = known.filter(({ realm }) => isAnswerable(realm));
  const [first, ...others] = answerable;
  if (first === undefined) return fail("unknown-realm");
  return succeed(others.reduce((best, other) => (strength(other) > strength(best) ? other : best), first));
}

/** Undefined: realm or nonce is missing, or it asks for something that is not known here. */
function readDigestChallenge({ parameters }: AuthHeader): DigestChallenge | undefined {
  const realm = parameters.get("realm");
  const nonce = parameters.get("nonce");
  const choice = parseAlgorithm(parameters.get("algorithm"));
  const qop = chooseProtection(parameters.get("qop"));
  if (realm === undefined || nonce === undefined || choice === undefined || qop === "unknown")
    return undefined;
  const opaque = parameters.get("opaque");
  return {
    ...choice,
    realm: detached(realm),
    nonce: detached(nonce),
    ...(opaque === undefined ? undefined : { opaque: detached(opaque) }),
    ...(qop === "none" ? undefined : { qop }),
    stale: parameters.get("stale")?.toLowerCase() === "true",
  };
}

function chooseProtection(offered: string | undefined): QualityOfProtection | "none" | "unknown" {
  const options = (offered ?? "").split(",").map((option) => option.trim().toLowerCase());
  if (options.includes("auth")) return "auth";
  if (options.includes("auth-int")) return "auth-int";
  return options.every((option) => option === "") ? "none" : "unknown";
}

function strength({ algorithm }: DigestChallenge): number {
  return digestAlgorithms.indexOf(algorithm);
}

/** A copy that does not hold on to the message it was cut from: it is kept as long as the line is. */
function detached(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}
