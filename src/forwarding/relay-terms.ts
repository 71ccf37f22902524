/** When Divert calls a target itself instead of redirecting, and what that takes. */
import type { CallFacts, LineState } from "./call-facts.ts";
import type { CompiledRule, RuleTarget } from "./compile-rules.ts";
import type { Verdict } from "./objection.ts";
import type { RelayCause } from "./reasons.ts";

/**
 * Undefined: the call is redirected, which is the rule. A foreign host never stands in a 302: the PBX would call it in
 * its own name.
 */
function relayCause(target: RuleTarget, facts: CallFacts, line: LineState): RelayCause | undefined {
  if (target.foreignUri !== undefined) return "foreignHost";
  if (!line.redirect) return "redirectNotFollowed";
  // The caller's side was told 181 by a relay that failed, if it was not told that it rings.
  const hasRung =
    facts.rangSeconds !== undefined || facts.stage === "noAnswer" || facts.failedRelays !== undefined;
  return hasRung && !line.redirectAfterRinging ? "afterRinging" : undefined;
}

/** Calls of the line at its PBX that a relayed call takes: it comes, and goes out again unless it goes elsewhere. */
export function callsTaken(target: Pick<RuleTarget, "foreignUri">): 1 | 2 {
  return target.foreignUri === undefined ? 2 : 1;
}

export type RelayVerdict =
  | { readonly usable: true; readonly target: RuleTarget; readonly relayed: RelayCause | undefined }
  | Extract<Verdict, { readonly usable: false }>;

/** Whether a rule that may be used is relayed, and then whether the PBX would take that; seen before the caller hears 181. */
export function judgeRelay(verdict: Verdict, facts: CallFacts, line: LineState): RelayVerdict {
  if (!verdict.usable) return verdict;
  const { target } = verdict;
  const relayed = relayCause(target, facts, line);
  const { toOutside } = line;
  if (relayed !== undefined && toOutside !== undefined && target.kind !== "extension") {
    const { relayed: now, relayedAtOnce } = toOutside;
    if (now >= relayedAtOnce)
      return { usable: false, objection: { code: "tooManyRelayed", limit: relayedAtOnce } };
  }
  const { callsPerLine: limit, callsAtPbx = 0 } = line;
  const needed = callsTaken(target);
  if (relayed === undefined || limit === undefined || callsAtPbx + needed <= limit) {
    return { usable: true, target, relayed };
  }
  return { usable: false, objection: { code: "noCallLeft", limit, needed } };
}

/**
 * Seconds after which a target that does not answer is given up on, and the line's phones ring; so they do when it is
 * busy or cannot be reached. Undefined: no phone would ring, so the target has all the time it wants and the last word.
 */
export function ringsAfterSeconds(rule: CompiledRule, line: LineState): number | undefined {
  if (line.relayFailure !== "ringPhones" || line.phones === 0 || line.doNotDisturb !== undefined)
    return undefined;
  return line.callsInProgress > 0 && !line.callWaiting ? undefined : rule.afterSeconds;
}
