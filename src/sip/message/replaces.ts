import { Cursor } from "./cursor.ts";
import { trimWhitespace } from "./list.ts";
import type { SipMessage } from "./message.ts";
import { readParameters } from "./parameters.ts";

/** RFC 3891 §6.1: the dialog to be replaced, as its other end sees it. */
export interface Replaces {
  readonly callId: string;
  readonly toTag: string;
  readonly fromTag: string;
  /** Only while it is early. */
  readonly isEarlyOnly: boolean;
}

/** The header of a request; undefined when there is none or it cannot be read. */
export function readReplaces(message: SipMessage): Replaces | undefined {
  const fields = message.headers.all("Replaces");
  // RFC 3891 §3: more than one is an error.
  return fields.length === 1 ? parseReplaces(fields[0] ?? "") : undefined;
}

/** callid *( SEMI replaces-param ); within a Refer-To it stands escaped: unescape it first. */
export function parseReplaces(text: string): Replaces | undefined {
  const mark = text.indexOf(";");
  if (mark === -1) return undefined;
  const callId = trimWhitespace(text.slice(0, mark));
  const cursor = new Cursor(text, mark);
  const parameters = readParameters(cursor);
  const toTag = parameters?.get("to-tag");
  const fromTag = parameters?.get("from-tag");
  if (callId === "" || parameters === undefined || toTag === undefined || fromTag === undefined)
    return undefined;
  return cursor.isAtEnd ? { callId, toTag, fromTag, isEarlyOnly: parameters.has("early-only") } : undefined;
}

export function serializeReplaces(replaces: Replaces): string {
  const { callId, toTag, fromTag, isEarlyOnly } = replaces;
  return `${callId};to-tag=${toTag};from-tag=${fromTag}${isEarlyOnly ? ";early-only" : ""}`;
}
