/**
 * The INVITE by which Divert itself calls a forwarding's target: over the line and in its name, with the caller told as
 * the PBX wants it, and the body as it came.
 */
import type { CallWay } from "../lines/call-way.ts";
import type { HeaderFields, NameAddr, SipRequest } from "../sip/user-agent.ts";
import { createRequest, readPAssertedIdentity, serializeNameAddr } from "../sip/user-agent.ts";
import { callHeaders } from "./methods-in-call.ts";
import { inviteHeaders, withBody } from "./pass-headers.ts";
import { historyHeaders, type ForwardingNote } from "./redirect.ts";

export interface RelayedInviteOptions extends ForwardingNote {
  readonly way: CallWay;
  /** As the profile has it. */
  readonly relayedFrom: "line" | "caller";
  /** The target is at a host that is not the PBX's: nothing that only the PBX may know goes there. */
  readonly isForeign: boolean;
  /** How often the call has been diverted before. */
  readonly diversions: number;
  readonly maxForwards: number;
  readonly callId: string;
  readonly fromTag: string;
  /** For instance the session interval. */
  readonly headers: HeaderFields;
}

/** Headers that are written anew for the second leg. */
const ownOnSecondLeg = new Set(["P-Asserted-Identity", "Diversion", "History-Info"]);

/** Lacks the Contact, which depends on the way that it goes. */
export function createRelayedInvite(request: SipRequest, options: RelayedInviteOptions): SipRequest {
  const { way, isForeign, maxForwards, callId, fromTag } = options;
  const isPrivate = isAnonymous(request);
  // RFC 3325 §5: what the PBX asserts is for those whom it trusts.
  const asserting = isForeign ? undefined : readPAssertedIdentity(request)[0];
  const identity = asserting ?? request.from;
  const asserted: HeaderFields = isForeign
    ? []
    : [["P-Asserted-Identity", serializeNameAddr(bare(identity))] as const];
  return createRequest({
    method: "INVITE",
    requestUri: options.contactUri,
    from: `${fromOf(identity, isPrivate, options)};tag=${fromTag}`,
    to: `<${options.contactUri}>`,
    callId,
    cseq: 1,
    maxForwards,
    headers: [
      ...(isForeign ? [] : way.route),
      // RFC 3325 §9.3: the PBX, which said who calls, may hear it again; what it is to keep to itself it knows by Privacy.
      ...asserted,
      ...(isForeign ? foreignDiversion(options) : historyHeaders(request, options)),
      ...inviteHeaders(request, "pbx").filter(([name]) => !ownOnSecondLeg.has(name)),
      ...callHeaders,
      ...options.headers,
    ],
    ...withBody(request),
  });
}

/**
 * Elsewhere it is nobody's business who diverted the call before, and what the PBX wrote down of it may hold a line's
 * token; how often it was diverted is told all the same, so that a loop ends there too.
 */
function foreignDiversion({ diversion, lineUri, reason, diversions }: RelayedInviteOptions): HeaderFields {
  if (!diversion) return [];
  return [["Diversion", `<${lineUri}>;reason=${reason};counter=${diversions + 1}`]];
}

function fromOf(
  identity: NameAddr,
  isPrivate: boolean,
  { relayedFrom, isForeign, way }: RelayedInviteOptions,
) {
  if (isPrivate && (isForeign || relayedFrom === "caller")) {
    // RFC 3323 §4.1.1.3: the address of those who are not to be named.
    return '"Anonymous" <sip:anonymous@anonymous.invalid>';
  }
  if (relayedFrom === "caller") return serializeNameAddr(bare(identity));
  const displayName = isPrivate ? "Anonymous" : (identity.displayName ?? userOf(identity.uri));
  return serializeNameAddr({ displayName, uri: way.addressOfRecord, parameters: new Map() });
}

/** RFC 3323 §4.2, or a From that names nobody. */
function isAnonymous(request: SipRequest): boolean {
  const asks = request.headers.values("Privacy").some((value) => value.trim().toLowerCase() !== "none");
  return asks || /@anonymous\.invalid\b/i.test(request.from.uri);
}

function bare({ displayName, uri }: NameAddr): NameAddr {
  return { displayName, uri, parameters: new Map() };
}

function userOf(uri: string): string | undefined {
  return /^(?:sips?|tel):([^@;]+)/i.exec(uri)?.[1];
}
