/**
 * Whom a phone's REFER names, and how the PBX is told of them: names and dialogs mean something on one side of Divert
 * alone, so they are mapped (RFC 3515, RFC 5589).
 */
import type { Result } from "../../base/result.ts";
import { fail, succeed } from "../../base/result.ts";
import type { HeaderFields, Session, SipRequest } from "../../sip/user-agent.ts";
import {
  parseNameAddr,
  parseReplaces,
  parseSipUri,
  parseUri,
  serializeReplaces,
} from "../../sip/user-agent.ts";
import type { Side } from "../bridge/leg.ts";
import { sideOf } from "../bridge/leg.ts";

/** The line whose phone refers, as its PBX knows it. */
export interface ReferringLine {
  readonly id: string;
  /** The PBX's, where numbers mean something. */
  readonly domain: string;
  /** In whose name the call is handed on. */
  readonly uri: string;
}

export type ReferTarget =
  /** Somebody who is to be called; `user` as it stands in a URI. */
  | { readonly kind: "number"; readonly user: string; readonly uri: string }
  /** The end of another call of the same device, which the phone has talked to. */
  | { readonly kind: "call"; readonly side: Side; readonly isSameLine: boolean };

/** The target, or the status that refuses it. `source`: the address that the REFER came from. */
export function readReferTarget(
  request: SipRequest,
  session: Pick<Session, "beside">,
  source: string,
  line: ReferringLine,
): Result<ReferTarget, number> {
  const [value, ...others] = request.headers.all("Refer-To");
  const uri = parseUri(parseNameAddr(value ?? "")?.uri ?? "");
  // RFC 3515 §2.4.2: exactly one.
  if (uri === undefined || others.length > 0) return fail(400);
  if (uri.scheme === "tel") {
    return succeed({ kind: "number", user: uri.number, uri: `tel:${uri.number}` });
  }
  if (uri.scheme !== "sip" && uri.scheme !== "sips") return fail(416);
  // RFC 3515 §2.1: the method to be used stands in the URI; ours to make are calls alone.
  if ((uri.parameters.get("method") ?? "INVITE").toUpperCase() !== "INVITE") return fail(501);
  const replaces = uri.headers === undefined ? undefined : replacesIn(uri.headers);
  if (replaces === undefined) {
    const { user, host } = uri;
    return user === undefined
      ? fail(400)
      : succeed({ kind: "number", user, uri: `${uri.scheme}:${user}@${host}` });
  }
  // RFC 3891 §3: the tags are named as the end sees them that is asked; towards the phone that end is us.
  const known = parseReplaces(replaces);
  const talk =
    known && session.beside({ callId: known.callId, localTag: known.toTag, remoteTag: known.fromTag });
  const side = talk && sideOf(talk);
  if (side === undefined || side.leg.session === session) return fail(404);
  // RFC 3891 §3, §8: only who may end a call may have it replaced. The PBX would do it for any of its lines.
  const isSameLine = side.lineId === line.id;
  const isAllowed = side.leg.at === "phone" && side.other.at === "pbx";
  if (!isAllowed || (!isSameLine && addressOf(side.leg.session) !== source)) return fail(403);
  return succeed({ kind: "call", side, isSameLine });
}

/** What the REFER says on the PBX's leg. */
export function referHeaders(target: ReferTarget, { domain, uri: lineUri }: ReferringLine): HeaderFields {
  if (target.kind === "number") return referTo(`sip:${target.user}@${domain}`, lineUri);
  const { dialog } = target.side.other.session;
  const { callId, localTag, remoteTag } = dialog.id;
  const mapped = serializeReplaces({ callId, toTag: remoteTag, fromTag: localTag, isEarlyOnly: false });
  return referTo(`${atPbx(dialog.remoteUri, domain)}?Replaces=${encodeURIComponent(mapped)}`, lineUri);
}

/** Whom the PBX knows by that user or number. The host that came with it may be anyone's: the dialog is at the PBX. */
function atPbx(remoteUri: string, domain: string): string {
  const uri = parseUri(remoteUri);
  if (uri?.scheme === "tel") return `sip:${uri.number}@${domain}`;
  const isSip = uri?.scheme === "sip" || uri?.scheme === "sips";
  return isSip && uri.user !== undefined ? `sip:${uri.user}@${domain}` : `sip:${domain}`;
}

function referTo(uri: string, lineUri: string): HeaderFields {
  return [
    ["Refer-To", `<${uri}>`],
    // RFC 3892 §2.1.
    ["Referred-By", `<${lineUri}>`],
  ];
}

/** Where the other end of a session is: one that has two lines has both of their calls there. */
function addressOf({ flow, dialog }: Session): string | undefined {
  return flow?.remoteAddress ?? parseSipUri(dialog.remoteTarget)?.host;
}

/** The value of Replaces among a URI's headers (RFC 3261 §19.1.1), unescaped; undefined without, or unreadable. */
function replacesIn(headers: string): string | undefined {
  for (const field of headers.split("&")) {
    // Phones are known that leave the marks within the value as they are.
    const equals = field.indexOf("=");
    if (field.slice(0, Math.max(equals, 0)).toLowerCase() !== "replaces") continue;
    try {
      return decodeURIComponent(field.slice(equals + 1));
    } catch {
      // A lone percent sign: no dialog has such a name.
      return "";
    }
  }
  return undefined;
}
