/**
 * A phone hands its call on to somebody else, blindly or after it has talked to them (RFC 3515, RFC 5589): its REFER goes
 * to the PBX, which does the transfer. Names and dialogs mean something on one side of Divert alone, so they are mapped.
 */
import type { Result } from "../base/result.ts";
import { fail, succeed } from "../base/result.ts";
import type { HeaderFields, Session, SipRequest } from "../sip/user-agent.ts";
import { parseNameAddr, parseReplaces, parseUri, serializeReplaces } from "../sip/user-agent.ts";
import { sideOf } from "./leg.ts";

export interface TransferTerms {
  /** The phone's leg; who else refers is refused. */
  readonly phone: Session;
  /** Whose phone it is: it joins calls of that line alone. */
  readonly lineId: string;
  /** The PBX's, where numbers mean something. */
  readonly domain: string;
  /** In whose name the PBX does it. */
  readonly lineUri: string;
}

/** What a REFER says on the PBX's leg, or the status that refuses it. */
export function mapRefer(
  request: SipRequest,
  from: Session,
  { phone, lineId, domain, lineUri }: TransferTerms,
): Result<HeaderFields, number> {
  if (from !== phone) return fail(603);
  const [value, ...others] = request.headers.all("Refer-To");
  const uri = parseUri(parseNameAddr(value ?? "")?.uri ?? "");
  // RFC 3515 §2.4.2: exactly one.
  if (uri === undefined || others.length > 0) return fail(400);
  if (uri.scheme === "tel") return succeed(referTo(`sip:${uri.number}@${domain}`, lineUri));
  if (uri.scheme !== "sip" && uri.scheme !== "sips") return fail(416);
  const replaces = uri.headers === undefined ? undefined : replacesIn(uri.headers);
  if (replaces === undefined) {
    return uri.user === undefined ? fail(400) : succeed(referTo(`sip:${uri.user}@${domain}`, lineUri));
  }
  // RFC 3891 §3: the tags are named as the end sees them that is asked; towards the phone that end is us.
  const known = parseReplaces(replaces);
  const talk =
    known && phone.beside({ callId: known.callId, localTag: known.toTag, remoteTag: known.fromTag });
  const side = talk && sideOf(talk);
  if (side === undefined) return fail(404);
  // RFC 3891 §3, §8: only who may end a call may have it replaced. The PBX would do it for any of its lines.
  if (side.lineId !== lineId) return fail(403);
  const { dialog } = side.other.session;
  const { callId, localTag, remoteTag } = dialog.id;
  const mapped = serializeReplaces({ callId, toTag: remoteTag, fromTag: localTag, isEarlyOnly: false });
  return succeed(
    referTo(`${atPbx(dialog.remoteUri, domain)}?Replaces=${encodeURIComponent(mapped)}`, lineUri),
  );
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

/** The value of Replaces among a URI's headers (RFC 3261 §19.1.1), unescaped; undefined without, or unreadable. */
function replacesIn(headers: string): string | undefined {
  for (const field of headers.split("&")) {
    const [name = "", value = ""] = field.split("=", 2);
    if (name.toLowerCase() !== "replaces") continue;
    try {
      return decodeURIComponent(value);
    } catch {
      // A lone percent sign: no dialog has such a name.
      return "";
    }
  }
  return undefined;
}
