import { isAll, tokenCharacter, valueCharacter } from "./characters.ts";
import { Cursor, quote } from "./cursor.ts";
import type { Headers } from "./headers.ts";
import type { SipMessage } from "./message.ts";

/** RFC 3261 §25.1: the scheme and auth-params of a challenge or of credentials. */
export interface AuthHeader {
  /** `Digest`, as it was written. */
  readonly scheme: string;
  /** Names in lower case, values unquoted. A name that comes twice makes the header unreadable. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** A challenge, and the header that it stood in: its answer goes into that header's counterpart. */
export interface Challenge extends AuthHeader {
  readonly header: "WWW-Authenticate" | "Proxy-Authenticate";
}

export type CredentialsHeader = "Authorization" | "Proxy-Authorization";

const comma = 0x2c;
const equals = 0x3d;
const doubleQuote = 0x22;

/** RFC 3261 §20.27, §20.44: one challenge a field, of both headers. Those that cannot be read are left out. */
export function readChallenges(response: SipMessage): Challenge[] {
  return (["WWW-Authenticate", "Proxy-Authenticate"] as const).flatMap((header) => {
    return readAuthHeaders(response.headers, header).map((challenge) => ({ header, ...challenge }));
  });
}

/** RFC 3261 §20.7, §20.28: all credentials, one a field; each is for a realm. Those that cannot be read are left out. */
export function readAuthorization(request: SipMessage, header: CredentialsHeader): AuthHeader[] {
  return readAuthHeaders(request.headers, header);
}

function readAuthHeaders(headers: Headers, name: string): AuthHeader[] {
  return headers
    .all(name)
    .map(parseAuthHeader)
    .filter((value) => value !== undefined);
}

/** auth-scheme LWS auth-param *( COMMA auth-param ), auth-param = token EQUAL ( token / quoted-string ). Never throws. */
export function parseAuthHeader(text: string): AuthHeader | undefined {
  const cursor = new Cursor(text);
  cursor.skipWhitespace();
  const scheme = cursor.takeToken();
  if (scheme === "") return undefined;
  cursor.skipWhitespace();
  const parameters = new Map<string, string>();
  while (cursor.position < text.length) {
    const name = cursor.takeToken().toLowerCase();
    if (name === "" || parameters.has(name) || !cursor.takeSeparator(equals)) return undefined;
    const value = cursor.peek() === doubleQuote ? cursor.takeQuotedString() : cursor.takeRun(valueCharacter);
    if (value === undefined) return undefined;
    parameters.set(name, value);
    // A comma behind the last one is forgiven.
    if (!cursor.takeSeparator(comma)) break;
  }
  if (!cursor.isAtEnd) return undefined;
  return { scheme, parameters };
}

/** RFC 7616 §3.4: these go without quotes; all others with. */
const unquoted = new Set(["algorithm", "nc", "qop", "stale", "userhash"]);

/** Challenge or credentials. In a challenge `qop` is a list and quoted (RFC 7616 §3.3), in credentials it is not. */
export function serializeAuthHeader(header: AuthHeader, kind: "challenge" | "credentials"): string {
  const parameters: string[] = [];
  for (const [name, value] of header.parameters) {
    const isBare = unquoted.has(name) && !(kind === "challenge" && name === "qop");
    parameters.push(
      `${name}=${isBare && value !== "" && isAll(value, tokenCharacter) ? value : quote(value)}`,
    );
  }
  return `${header.scheme} ${parameters.join(", ")}`;
}
