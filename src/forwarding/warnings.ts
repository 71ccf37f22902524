/** What is worth telling the one who sets a rule, although the rule is accepted. */
import { defaultNoAnswerSeconds, type Forwarding } from "./rules.ts";

export interface WarningContext {
  readonly secondCall: "yes" | "no" | "unknown";
  /** Seconds that a line rings at its PBX before the PBX gives up; absent: not known. */
  readonly ringLimit?: number;
}

/** A `noAnswer` rule needs this much of a lead to act before the PBX stops ringing. */
const ringLimitLeadSeconds = 3;

/** Sentences, none when all is well. */
export function warningsFor(rule: Pick<Forwarding, "when" | "seconds">, context: WarningContext): string[] {
  const warnings: string[] = [];
  if (rule.when === "busy" && context.secondCall === "no") {
    warnings.push(
      "The PBX delivers no second call to this line: it answers busy itself, and this rule never sees the call. Allow the second call at the PBX.",
    );
  }
  const seconds = rule.seconds ?? defaultNoAnswerSeconds;
  const { ringLimit } = context;
  if (rule.when === "noAnswer" && ringLimit !== undefined && seconds > ringLimit - ringLimitLeadSeconds) {
    warnings.push(
      `The PBX stops ringing after ${ringLimit} seconds: ${seconds} seconds leave this rule too little time. Set ${Math.max(1, ringLimit - ringLimitLeadSeconds)} seconds or fewer.`,
    );
  }
  return warnings;
}
