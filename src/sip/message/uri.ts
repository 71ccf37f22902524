import { hexadecimal, isAll, isIn, uriCharacter, uriParameterName, uriParameterValue } from "./characters.ts";
import { Cursor } from "./cursor.ts";
import { readHostPort } from "./host-port.ts";
import { noParameters } from "./parameters.ts";
import type { Parameters } from "./parameters.ts";

/** RFC 3261 §19.1: sip:user:password@host:port;parameters?headers */
export interface SipUri {
  readonly scheme: "sip" | "sips";
  /** As it was written, escapes included (`unescapeUser` resolves them). */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** In lower case; an IPv6 address in brackets. */
  readonly host: string;
  readonly port?: number | undefined;
  /** Names in lower case, values as written. */
  readonly parameters: Parameters;
  /** What stands behind the question mark, as written. */
  readonly headers?: string | undefined;
}

/** What an address may be. `tel` numbers are told without visual separators (RFC 3966 §3). */
export type Uri = SipUri | TelUri | OtherUri;

export interface TelUri {
  readonly scheme: "tel";
  /** With `+` when it is global; digits, `*`, `#` and A to F otherwise. */
  readonly number: string;
  readonly parameters: Parameters;
}

export interface OtherUri {
  readonly scheme: "other";
  readonly text: string;
}

const semicolon = 0x3b;
const questionMark = 0x3f;

/** Undefined for what is no sip: or sips: URI. Never throws. */
export function parseSipUri(text: string): SipUri | undefined {
  const scheme = sipScheme(text);
  if (scheme === undefined) return undefined;
  const start = scheme.length + 1;

  let user: string | undefined;
  let password: string | undefined;
  const at = text.indexOf("@", start);
  if (at !== -1) {
    const userInfo = text.slice(start, at);
    const passwordMark = userInfo.indexOf(":");
    user = passwordMark === -1 ? userInfo : userInfo.slice(0, passwordMark);
    password = passwordMark === -1 ? undefined : userInfo.slice(passwordMark + 1);
    if (user === "" || !isAll(userInfo, uriCharacter) || !hasWholeEscapes(userInfo)) return undefined;
  }

  const cursor = new Cursor(text, at === -1 ? start : at + 1);
  const hostPort = readHostPort(cursor);
  if (hostPort === undefined) return undefined;
  const parameters = readUriParameters(cursor);
  if (parameters === undefined) return undefined;

  let headers: string | undefined;
  if (cursor.take(questionMark)) {
    headers = text.slice(cursor.position);
    if (!isAll(headers, uriCharacter)) return undefined;
  } else if (!cursor.isAtEnd) {
    return undefined;
  }

  // All fields, in one order: every URI is of one shape, which makes reading them cheap.
  return { scheme, user, password, host: hostPort.host, port: hostPort.port, parameters, headers };
}

/** Any URI; undefined for what has no scheme or does not keep to the syntax of the scheme it has. */
export function parseUri(text: string): Uri | undefined {
  const mark = text.indexOf(":");
  if (mark <= 0) return undefined;
  const scheme = text.slice(0, mark).toLowerCase();
  if (scheme === "sip" || scheme === "sips") return parseSipUri(text);
  if (scheme === "tel") return parseTelUri(text.slice(mark + 1));
  return isScheme(scheme) && isAll(text, uriCharacter) ? { scheme: "other", text } : undefined;
}

/** RFC 3986 §3.1: a letter, then letters, digits, `+`, `-`, `.`. Upper case is as good. */
function isScheme(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*$/i.test(text);
}

/** True for what can stand as a Request-URI: a scheme, then characters that end no word. RFC 3261 §25.1 absoluteURI. */
export function isAbsoluteUri(text: string): boolean {
  const mark = text.indexOf(":");
  return mark > 0 && mark < text.length - 1 && isScheme(text.slice(0, mark)) && isAll(text, uriCharacter);
}

function parseTelUri(subscriber: string): TelUri | undefined {
  const cursor = new Cursor(subscriber);
  const written = cursor.takeRun(uriParameterValue);
  const number = written.replace(/[-.()]/g, "").toUpperCase();
  if (!/^(\+\d+|[\dA-F*#]+)$/.test(number)) return undefined;
  const parameters = readUriParameters(cursor);
  return parameters === undefined || !cursor.isAtEnd ? undefined : { scheme: "tel", number, parameters };
}

export function serializeSipUri(uri: SipUri): string {
  let text = uri.scheme + ":";
  if (uri.user !== undefined) {
    text += uri.password === undefined ? `${uri.user}@` : `${uri.user}:${uri.password}@`;
  }
  text += uri.host;
  if (uri.port !== undefined) text += `:${uri.port}`;
  for (const [name, value] of uri.parameters) text += value === undefined ? `;${name}` : `;${name}=${value}`;
  return uri.headers === undefined ? text : `${text}?${uri.headers}`;
}

/** The user part in plain text: `%23` is `#`, octets are UTF-8. What is no escape stays as it is. */
export function unescapeUser(user: string): string {
  if (!user.includes("%")) return user;
  try {
    return decodeURIComponent(user);
  } catch {
    // Escaped octets that are no UTF-8, %ff for one: shown as they were written.
    return user;
  }
}

/** A text as a user part: all is escaped that RFC 3261 §25.1 does not let stand there (unreserved, user-unreserved). */
export function escapeUser(text: string): string {
  if (/^[\w.!~*'()&=+$,;?/-]*$/.test(text)) return text;
  return encodeURIComponent(text.toWellFormed()).replace(/%(26|3D|2B|24|2C|3B|3F|2F)/g, (escape) => {
    return decodeURIComponent(escape);
  });
}

function sipScheme(text: string): "sip" | "sips" | undefined {
  if (text.startsWith("sip:")) return "sip";
  if (text.startsWith("sips:")) return "sips";
  const scheme = text.slice(0, 5).toLowerCase();
  if (scheme.startsWith("sip:")) return "sip";
  return scheme === "sips:" ? "sips" : undefined;
}

/** uri-parameters = *( ";" pname [ "=" pvalue ] ), without white space. */
function readUriParameters(cursor: Cursor): Parameters | undefined {
  if (cursor.peek() !== semicolon) return noParameters;
  const parameters = new Map<string, string | undefined>();
  while (cursor.take(semicolon)) {
    const name = cursor.takeRun(uriParameterName);
    if (name === "" || !hasWholeEscapes(name)) return undefined;
    let value: string | undefined;
    if (cursor.take(0x3d)) {
      value = cursor.takeRun(uriParameterValue);
      if (!hasWholeEscapes(value)) return undefined;
    }
    const key = name.toLowerCase();
    if (!parameters.has(key)) parameters.set(key, value);
  }
  return parameters;
}

/** Each `%` is followed by two hexadecimal digits. */
function hasWholeEscapes(text: string): boolean {
  for (let mark = text.indexOf("%"); mark !== -1; mark = text.indexOf("%", mark + 1)) {
    if (!isIn(text.charCodeAt(mark + 1), hexadecimal) || !isIn(text.charCodeAt(mark + 2), hexadecimal))
      return false;
  }
  return true;
}

export { sipUriEquals } from "./uri-equality.ts";
