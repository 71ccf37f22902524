import { type LineSetup, secondCallOf } from "../directory/line-setup.ts";
import type { LineState, OutsideForwardings } from "../forwarding/call-facts.ts";
import type { DoNotDisturb, RuleTarget } from "../forwarding/compile-rules.ts";
import { followsRedirect } from "../pbx/effective-profile.ts";
import { pbxHosts } from "../pbx/hosts.ts";
import { redirectContact } from "../pbx/redirect-contact.ts";

/** What a call needs to know of its line and follows from the configuration alone: worked out once per setup. */
export interface LineAtPbx {
  readonly setup: LineSetup;
  /** Canonical forms of the line: extension and user name. */
  readonly identities: readonly string[];
  /** Hosts that mean the PBX itself. */
  readonly pbxHosts: ReadonlySet<string>;
  /** The line as its PBX knows it; stands in Diversion. */
  readonly lineUri: string;
  /** Numbers of groups and queues, canonical. */
  readonly groupNumbers: ReadonlySet<string>;
  readonly redirect: boolean;
}

/** The directory keeps a setup object as long as nothing of it changes. */
const known = new WeakMap<LineSetup, LineAtPbx>();

export function lineAtPbx(setup: LineSetup): LineAtPbx {
  const remembered = known.get(setup);
  if (remembered !== undefined) return remembered;
  const { line, pbx, profile, plan } = setup;
  const at: LineAtPbx = {
    setup,
    identities: [...new Set([plan.canonical(line.extension).key, plan.canonical(line.username).key])],
    pbxHosts: pbxHosts(pbx),
    lineUri: `sip:${encodeURIComponent(line.extension)}@${pbx.domain}`,
    groupNumbers: new Set((pbx.groupNumbers ?? []).map((number) => plan.canonical(number).key)),
    redirect: followsRedirect(pbx, profile),
  };
  known.set(setup, at);
  return at;
}

/** The Contact URI of a 302 to this target. */
export function contactUriOf({ setup }: LineAtPbx, target: RuleTarget): string {
  return redirectContact(setup.pbx, setup.profile, target.contactUser);
}

/** What the line is doing, as far as it is not configuration. */
export interface LiveState {
  readonly callsInProgress: number;
  readonly phones: number;
  /** Calls that the PBX has with the line besides the one that is decided; absent: none. */
  readonly callsAtPbx?: number;
  /** Absent: limits of forwardings are not looked at. */
  readonly toOutside?: OutsideForwardings;
  /** Undefined: the line may be disturbed. */
  readonly doNotDisturb?: DoNotDisturb | undefined;
}

/** The line as the decision sees it. */
export function lineStateOf({ setup, identities, redirect }: LineAtPbx, live: LiveState): LineState {
  const { line, group, profile } = setup;
  return {
    identities,
    callsInProgress: live.callsInProgress,
    phones: live.phones,
    callWaiting: line.callWaiting,
    secondCall: secondCallOf(setup),
    ...(live.doNotDisturb !== undefined && { doNotDisturb: live.doNotDisturb }),
    answers: group.answers,
    redirect,
    redirectAfterRinging: profile.redirectAfterRinging,
    relayFailure: group.relayFailure,
    ...(profile.callsPerLine !== undefined && { callsPerLine: profile.callsPerLine }),
    ...(live.toOutside !== undefined && { toOutside: live.toOutside }),
    ...(live.callsAtPbx !== undefined && { callsAtPbx: live.callsAtPbx }),
  };
}
