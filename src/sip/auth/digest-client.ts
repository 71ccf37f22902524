import { fail, succeed } from "../../base/result.ts";
import type { RandomSource } from "../../base/random.ts";
import type { Result } from "../../base/result.ts";
import { copyRequest } from "../message/build.ts";
import { readChallenges, serializeAuthHeader } from "../message/challenge.ts";
import { serializeCSeq } from "../message/cseq.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { decodeText, encodeText } from "../message/text.ts";
import { chooseChallenge } from "./challenge.ts";
import type { ChallengeFailure, DigestChallenge } from "./challenge.ts";
import { credentialsHash, digestResponse, serializeAlgorithm, serializeNonceCount } from "./digest.ts";

/** `rejected`: an answer was given and not taken, so asking again is of no use. */
export type AuthenticationFailure = ChallengeFailure | "rejected";

export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** The only realm whose challenges are answered; absent: the one learned first. */
  readonly realm?: string;
}

/** RFC 3261 §22.2, §22.3: who challenges (the registrar or callee itself, or a proxy before it), and how it is answered. */
const spaces = [
  { challengeHeader: "WWW-Authenticate", answerHeader: "Authorization" },
  { challengeHeader: "Proxy-Authenticate", answerHeader: "Proxy-Authorization" },
] as const;
type Space = (typeof spaces)[number];
type AnswerHeader = Space["answerHeader"];

/** A challenge that is answered over and over, with a rising count, until the other side wants another nonce. */
interface Session {
  readonly challenge: DigestChallenge;
  /** One for the whole session: RFC 7616 §3.4.2 makes the key of `-sess` from the first. */
  readonly cnonce: string;
  count: number;
}

type Tries = Readonly<Partial<Record<AnswerHeader, number>>>;

/** How often the chain of requests that led to this one has answered a challenge. */
const triesBefore = new WeakMap<SipRequest, Tries>();

const mostTries = 2;

/**
 * Answers digest challenges for one account (RFC 3261 §22, RFC 7616, RFC 8760).
 *
 * It knows nothing of addresses: ask it only when the challenge came from an accepted address of the account's own PBX.
 * It never goes on for ever: of each of the two header fields, a request and its successors answer one challenge, and
 * one more only when that says `stale`.
 */
export class DigestClient {
  readonly #username: string;
  readonly #password: string;
  readonly #configuredRealm: string | undefined;
  readonly #random: RandomSource;
  /** One for both header fields: a proxy on the way may not bring a realm of its own. */
  #learnedRealm: string | undefined;
  #sessions: { [Header in AnswerHeader]?: Session | undefined } = {};

  constructor({ username, password, realm }: Credentials, random: RandomSource) {
    this.#username = username;
    this.#password = password;
    this.#configuredRealm = realm === undefined ? undefined : encodeText(realm);
    this.#random = random;
  }

  /** What was answered last: the realm, and the algorithm as RFC 8760 names it. Undefined: nobody has asked. */
  get answered(): { readonly realm: string; readonly algorithm: string } | undefined {
    const challenge = (this.#sessions.Authorization ?? this.#sessions["Proxy-Authorization"])?.challenge;
    return challenge && { realm: decodeText(challenge.realm), algorithm: serializeAlgorithm(challenge) };
  }

  /**
   * The request to send after a 401 or 407 to `request`: a copy with credentials and the next CSeq, without our Via.
   * `mayLearnRealm`: the request was our own REGISTER, or an INVITE outside a dialog; then the first realm seen is
   * taken as the account's, whichever header field it stands in, and no other is answered from then on. Within a dialog
   * a realm must be known already, or a callee could have us answer for it (CVE-2021-41158).
   */
  answer(
    response: SipResponse,
    request: SipRequest,
    mayLearnRealm: boolean,
  ): Result<SipRequest, AuthenticationFailure> {
    const tries: Partial<Record<AnswerHeader, number>> = { ...triesBefore.get(request) };
    const answered = spaces.filter(({ answerHeader }) => request.headers.has(answerHeader));
    let hasChallenge = false;
    for (const space of spaces) {
      if (!response.headers.has(space.challengeHeader)) continue;
      const { answerHeader } = space;
      const chosen = this.#choose(response, space.challengeHeader, mayLearnRealm);
      if (!chosen.ok) return chosen;
      const before = tries[answerHeader] ?? 0;
      if (before >= mostTries || (before > 0 && !chosen.value.stale)) {
        this.#sessions[answerHeader] = undefined;
        return fail("rejected");
      }
      tries[answerHeader] = before + 1;
      this.#sessions[answerHeader] = { challenge: chosen.value, cnonce: this.#random.token(128), count: 0 };
      if (!answered.includes(space)) answered.push(space);
      hasChallenge = true;
    }
    if (!hasChallenge) return fail("no-challenge");

    const next = successor(request);
    for (const { answerHeader } of answered) this.#addCredentials(next, answerHeader);
    triesBefore.set(next, tries);
    return succeed(next);
  }

  /**
   * Puts credentials for what was challenged before into a request that is about to be sent for the first time, which
   * saves a round trip (RFC 3261 §22.2). Changes the request. Does not count as a try: a challenge to it is answered.
   */
  authorize(request: SipRequest): void {
    for (const { answerHeader } of spaces) this.#addCredentials(request, answerHeader);
  }

  /** Whether `authorize` has something to put in. */
  get hasSession(): boolean {
    return spaces.some(({ answerHeader }) => this.#sessions[answerHeader] !== undefined);
  }

  /** Lets the next challenge to a REGISTER teach another realm, should the PBX have been given one. */
  forget(): void {
    this.#learnedRealm = undefined;
    this.#sessions = {};
  }

  #choose(
    response: SipResponse,
    challengeHeader: Space["challengeHeader"],
    mayLearnRealm: boolean,
  ): Result<DigestChallenge, ChallengeFailure> {
    const known = this.#configuredRealm ?? this.#learnedRealm;
    const mayLearn = mayLearnRealm && known === undefined;
    const chosen = chooseChallenge(
      readChallenges(response).filter(({ header }) => header === challengeHeader),
      (realm) => mayLearn || realm === known,
    );
    if (chosen.ok) this.#learnedRealm ??= chosen.value.realm;
    return chosen;
  }

  #addCredentials(request: SipRequest, answerHeader: AnswerHeader): void {
    const session = this.#sessions[answerHeader];
    if (session === undefined) return;
    session.count++;
    request.headers.set(answerHeader, this.#credentials(request, session));
  }

  #credentials(request: SipRequest, { challenge, cnonce, count }: Session): string {
    const { algorithm, realm, nonce, opaque, qop } = challenge;
    const username = encodeText(this.#username);
    const nonceCount = serializeNonceCount(count);
    const response = digestResponse({
      ...challenge,
      credentials: credentialsHash(algorithm, username, realm, encodeText(this.#password)),
      method: request.method,
      uri: request.requestUri,
      cnonce,
      body: request.body,
      ...(qop === undefined ? undefined : { protection: { qop, nonceCount, cnonce } }),
    });
    const parameters = new Map([
      ["username", username],
      ["realm", realm],
      ["nonce", nonce],
      ["uri", request.requestUri],
      ["response", response],
      ["algorithm", serializeAlgorithm(challenge)],
    ]);
    if (qop !== undefined) parameters.set("qop", qop).set("nc", nonceCount);
    if (qop !== undefined || challenge.isSession) parameters.set("cnonce", cnonce);
    // RFC 7616 §3.4: opaque goes back as it came.
    if (opaque !== undefined) parameters.set("opaque", opaque);
    return serializeAuthHeader({ scheme: "Digest", parameters }, "credentials");
  }
}

/** RFC 3261 §8.1.3.5: the same request with a CSeq one higher; what the transaction added on top is left behind. */
function successor(request: SipRequest): SipRequest {
  const next = copyRequest(request);
  next.headers.remove("Via");
  next.headers.set("CSeq", serializeCSeq({ number: request.cseq.number + 1, method: request.method }));
  return next;
}
