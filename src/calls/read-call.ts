/** From an INVITE to the facts of the call: who calls, whom, what happened to the call before. */
import type { CallFacts } from "../forwarding/call-facts.ts";
import { readDiversions as sumUpDiversions } from "../forwarding/diversions.ts";
import { readGroupCall } from "../forwarding/group-call.ts";
import type { Exemption } from "../forwarding/reasons.ts";
import type { Caller, Identity, IdentitySource } from "../numbering/caller-identity.ts";
import { classifyCaller } from "../numbering/caller-identity.ts";
import { readMarks } from "../pbx/marks.ts";
import type { Flow, NameAddr, SipRequest } from "../sip/user-agent.ts";
import {
  decodeText,
  parseUri,
  readDiversions,
  readHistoryInfo,
  readPAssertedIdentity,
  readPrivacy,
  readRemotePartyId,
  unescapeUser,
} from "../sip/user-agent.ts";
import type { LineAtPbx } from "./line-at-pbx.ts";

/** A call as it came to a line; `facts` lacks only what the line itself remembers. */
export interface IncomingCall {
  readonly caller: Caller;
  /** Whom the caller had dialled, where the PBX tells. */
  readonly called?: string;
  readonly facts: Omit<CallFacts, "loops">;
}

export function readCall(request: SipRequest, flow: Flow, at: LineAtPbx): IncomingCall {
  const { profile, plan } = at.setup;
  const identities = readIdentities(request, flow, at);
  const marks = readMarks(profile.marks, (name) => request.headers.get(name), identities.at(-1)?.user ?? "");
  const caller = classifyCaller({
    identities,
    order: profile.identityHeaders,
    // Only what comes from the line's own PBX gets as far as here.
    fromOwnPbx: true,
    marks,
    privacy: request.headers.has("Privacy") && readPrivacy(request).has("id"),
    plan,
  });
  const past = readPast(request, flow, at);
  const called = canonicalOf(request.to.uri, flow, at);
  const { groupNumbers } = at;
  const groupCall = readGroupCall({
    marked: marks.group,
    divertedBy: past.divertedBy,
    to: called,
    groupNumbers,
  });
  const exempt = exemptionOf(request);
  return {
    caller,
    ...(called !== "" && !at.identities.includes(called) && { called }),
    facts: {
      stage: "arrived",
      caller: { class: caller.class, identity: caller.identity },
      diversions: past.count,
      divertedBy: past.divertedBy,
      ...(groupCall !== undefined && { groupCall }),
      ...(exempt !== undefined && { exempt }),
    },
  };
}

/** All that the message says of the caller, From last: it is there in every message. */
function readIdentities(request: SipRequest, flow: Flow, at: LineAtPbx): Identity[] {
  const identities: Identity[] = [];
  const add = (header: IdentitySource, address: NameAddr): void => {
    const identity = identityOf(header, address, flow, at);
    if (identity !== undefined) identities.push(identity);
  };
  if (request.headers.has("P-Asserted-Identity")) {
    for (const address of readPAssertedIdentity(request)) add("P-Asserted-Identity", address);
  }
  if (request.headers.has("Remote-Party-ID")) {
    for (const address of readRemotePartyId(request)) add("Remote-Party-ID", address);
  }
  add("From", request.from);
  return identities;
}

function identityOf(
  header: IdentitySource,
  address: NameAddr,
  flow: Flow,
  at: LineAtPbx,
): Identity | undefined {
  const uri = parseUri(address.uri);
  if (uri?.scheme === "tel") return { header, user: uri.number, host: "", atPbx: false };
  if (uri?.scheme !== "sip" && uri?.scheme !== "sips") return undefined;
  return { header, user: userText(uri.user), host: uri.host, atPbx: isAtPbx(uri.host, flow, at) };
}

function userText(user: string | undefined): string {
  return user === undefined ? "" : decodeText(unescapeUser(user));
}

/** A short number means something at the PBX's own host alone: its domain, its registrar, or where it sends from. */
function isAtPbx(host: string, flow: Flow, at: LineAtPbx): boolean {
  return at.pbxHosts.has(host) || host === flow.remoteAddress || host === `[${flow.remoteAddress}]`;
}

/** The canonical form of the number that a URI names; empty where it means nothing here. */
function canonicalOf(text: string, flow: Flow, at: LineAtPbx): string {
  const uri = parseUri(text);
  if (uri === undefined) return "";
  if (uri.scheme === "tel") return at.setup.plan.canonical(uri.number).key;
  if (uri.scheme !== "sip" && uri.scheme !== "sips") return "";
  const number = at.setup.plan.canonical(userText(uri.user));
  const isFull =
    number.kind === "number" ||
    ((number.kind === "extension" || number.kind === "colleague") && !number.bare);
  return isFull || isAtPbx(uri.host, flow, at) ? number.key : "";
}

interface Past {
  readonly count: number;
  /** Canonical. */
  readonly divertedBy: readonly string[];
}

const noPast: Past = { count: 0, divertedBy: [] };

function readPast(request: SipRequest, flow: Flow, at: LineAtPbx): Past {
  const hasDiversion = request.headers.has("Diversion");
  const hasHistory = request.headers.has("History-Info");
  if (!hasDiversion && !hasHistory) return noPast;
  const past = sumUpDiversions(
    hasDiversion
      ? readDiversions(request).map(({ address, counter }) => ({
          uri: address.uri,
          ...(counter !== undefined && { counter }),
        }))
      : [],
    hasHistory ? readHistoryInfo(request) : [],
  );
  const divertedBy = past.diverting.map((uri) => canonicalOf(uri, flow, at)).filter((key) => key !== "");
  return { count: past.count, divertedBy };
}

function exemptionOf(request: SipRequest): Exemption | undefined {
  if (request.headers.has("Replaces")) return "replaces";
  // RFC 7090 §3: an emergency service that calls back must reach whoever called for help.
  return request.headers.get("Priority")?.trim().toLowerCase() === "psap-callback"
    ? "psapCallback"
    : undefined;
}
