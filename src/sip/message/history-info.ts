import type { SipMessage } from "./message.ts";
import { parseNameAddr, serializeNameAddr } from "./name-addr.ts";
import { parseNumber } from "./number.ts";
import { parseSipUri } from "./uri.ts";

/** RFC 7044 §5: one address that the request was sent to. */
export interface HistoryEntry {
  /** As it was written, with its `cause` and headers. */
  readonly uri: string;
  /** `1.1.2`: whose child this is. Empty where it was left out. */
  readonly index: string;
  /** RFC 4458 §2.2: why the one before was left: 302, 486, 408, 503, ... Only diverted-to entries have it. */
  readonly cause?: number;
}

/** The entries in order. One that cannot be read is left out. */
export function readHistoryInfo(message: SipMessage): HistoryEntry[] {
  return message.headers
    .values("History-Info")
    .map(parseHistoryEntry)
    .filter((entry) => entry !== undefined);
}

/** hi-entry = hi-targeted-to-uri *( SEMI hi-param ) */
export function parseHistoryEntry(text: string): HistoryEntry | undefined {
  const address = parseNameAddr(text);
  if (address === undefined) return undefined;
  const index = address.parameters.get("index") ?? "";
  const uri = parseSipUri(address.uri);
  const written =
    uri?.parameters.get("cause") ?? address.parameters.get("cause") ?? causeInHeaders(uri?.headers);
  const cause = written === undefined ? undefined : parseNumber(written, 699);
  return cause === undefined ? { uri: address.uri, index } : { uri: address.uri, index, cause };
}

export function serializeHistoryEntry(entry: Pick<HistoryEntry, "uri" | "index">): string {
  return serializeNameAddr({ uri: entry.uri, parameters: new Map([["index", entry.index]]) });
}

/** RFC 4244 §4.1, which some still speak: the cause within an escaped Reason header, `?Reason=SIP%3Bcause%3D486`. */
function causeInHeaders(headers: string | undefined): string | undefined {
  if (headers === undefined) return undefined;
  return /(?:^|&)reason=sip(?:;|%3b)(?:[^&]{0,100}(?:;|%3b))?cause(?:=|%3d)(\d{3})/i.exec(headers)?.[1];
}
