import { hash } from "node:crypto";

/**
 * The arithmetic of digest access authentication (RFC 7616 §3.4, RFC 8760): pure, for both directions. All texts are
 * byte strings, as message heads are: encode a user name or password that people typed with `encodeText` first.
 */

/** Without `-sess`, in rising strength. */
export const digestAlgorithms = ["MD5", "SHA-256", "SHA-512-256"] as const;
export type DigestAlgorithm = (typeof digestAlgorithms)[number];

/** `auth-int` covers the body too. */
export type QualityOfProtection = "auth" | "auth-int";

const hashNames = {
  MD5: "md5",
  "SHA-256": "sha256",
  "SHA-512-256": "sha512-256",
} as const satisfies Record<DigestAlgorithm, string>;

/** An `algorithm` parameter, understood. `isSession`: the key is made for one nonce (`-sess`). */
export interface AlgorithmChoice {
  readonly algorithm: DigestAlgorithm;
  readonly isSession: boolean;
}

/** Reads an `algorithm` parameter in any case; absent means MD5 (RFC 7616 §3.3). Undefined: not known here. */
export function parseAlgorithm(text: string | undefined): AlgorithmChoice | undefined {
  if (text === undefined) return { algorithm: "MD5", isSession: false };
  const upper = text.toUpperCase();
  const isSession = upper.endsWith("-SESS");
  const name = isSession ? upper.slice(0, -"-SESS".length) : upper;
  const algorithm = digestAlgorithms.find((known) => known === name);
  return algorithm === undefined ? undefined : { algorithm, isSession };
}

/** The `algorithm` parameter for a choice. */
export function serializeAlgorithm({ algorithm, isSession }: AlgorithmChoice): string {
  return isSession ? `${algorithm}-sess` : algorithm;
}

/** H(data) in lower-case hexadecimal; a string is taken as a byte string. */
export function digestHash(algorithm: DigestAlgorithm, data: string | Buffer): string {
  return hash(hashNames[algorithm], typeof data === "string" ? Buffer.from(data, "latin1") : data, "hex");
}

/** H(username:realm:password): what a registrar may store in place of the password. */
export function credentialsHash(
  algorithm: DigestAlgorithm,
  username: string,
  realm: string,
  password: string,
): string {
  return digestHash(algorithm, `${username}:${realm}:${password}`);
}

export interface DigestInput extends AlgorithmChoice {
  /** `credentialsHash` of the same algorithm. */
  readonly credentials: string;
  readonly nonce: string;
  readonly method: string;
  /** The `uri` parameter as it stands in the message. */
  readonly uri: string;
  /** Absent: RFC 2069, as old PBXs challenge; nonce count and cnonce are left out then. */
  readonly protection?: {
    readonly qop: QualityOfProtection;
    /** Eight hexadecimal digits. */
    readonly nonceCount: string;
    readonly cnonce: string;
  };
  /** Needed for `-sess` without qop, where the cnonce stands alone. */
  readonly cnonce?: string;
  /** Counts with `auth-int` alone. */
  readonly body: Buffer;
}

/** The `response` parameter (RFC 7616 §3.4.1). */
export function digestResponse(input: DigestInput): string {
  const { algorithm, nonce, protection } = input;
  const h1 = input.isSession
    ? // RFC 7616 §3.4.2: the session key takes in nonce and cnonce once.
      digestHash(algorithm, `${input.credentials}:${nonce}:${protection?.cnonce ?? input.cnonce ?? ""}`)
    : input.credentials;
  // RFC 7616 §3.4.3: auth-int puts the body's hash beside method and URI.
  const request =
    protection?.qop === "auth-int"
      ? `${input.method}:${input.uri}:${digestHash(algorithm, input.body)}`
      : `${input.method}:${input.uri}`;
  const h2 = digestHash(algorithm, request);
  const middle =
    protection === undefined
      ? nonce
      : `${nonce}:${protection.nonceCount}:${protection.cnonce}:${protection.qop}`;
  return digestHash(algorithm, `${h1}:${middle}:${h2}`);
}

/** RFC 7616 §3.4: a nonce count is exactly eight hexadecimal digits. */
export function serializeNonceCount(count: number): string {
  return count.toString(16).padStart(8, "0");
}

/** Undefined where it is not eight hexadecimal digits. */
export function parseNonceCount(text: string): number | undefined {
  return /^[0-9a-fA-F]{8}$/.test(text) ? Number.parseInt(text, 16) : undefined;
}
