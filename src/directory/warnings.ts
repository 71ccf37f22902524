import { type ChainLink, explainChain, findChains } from "../forwarding/chains.ts";
import { allRules, type CompiledRule } from "../forwarding/compile-rules.ts";
import type { Forwarding } from "../forwarding/rules.ts";
import { warningsFor } from "../forwarding/warnings.ts";
import type { Directory } from "./directory.ts";
import { type LineSetup, secondCallOf, type TargetResolver } from "./line-setup.ts";

/** What is allowed but may not do what was meant. Codes are stable. */
export interface Warning {
  readonly code: "chain" | "no-second-call" | "second-call-unknown" | "close-to-ring-limit";
  readonly message: string;
}

/** Diversions after which a call is not diverted again, unless it is set otherwise. */
const diversionLimit = 5;

/** What is to be said of a line's rule that holds now, its own or its group's. */
export function warningsOf(
  rule: Forwarding,
  setup: LineSetup,
  directory: Pick<Directory, "rulesOf" | "doNotDisturbOf" | "findLineByExtension">,
  resolve: TargetResolver,
): Warning[] {
  const { line, pbx, profile, plan } = setup;
  const secondCall = secondCallOf(setup);
  const warnings: Warning[] = warningsFor(rule, {
    secondCall,
    ...(profile.ringLimit !== undefined && { ringLimit: profile.ringLimit }),
  }).map((message) => {
    const key = rule.when === "busy" ? "secondCall" : "ringLimit";
    const isFound =
      profile.evidence[key]?.level === "found" && (key === "ringLimit" || line.secondCall === "unknown");
    return {
      code: key === "secondCall" ? "no-second-call" : "close-to-ring-limit",
      message: isFound ? `${message} A check has found it out.` : message,
    };
  });
  if (rule.when === "busy" && secondCall === "unknown") {
    warnings.push({
      code: "second-call-unknown",
      message:
        `It is not known whether the PBX delivers a second call to line ${line.id}: if not, it answers busy itself, ` +
        "and this rule never sees the call. Say `secondCall: yes` once it does.",
    });
  }
  const linksOf = (identity: string) => {
    const here = directory.findLineByExtension(pbx.id, identity);
    const rules = here && directory.rulesOf(here.id);
    if (here === undefined || rules === undefined) return [];
    const quiet = directory.doNotDisturbOf(here.id)?.rule;
    return [...allRules(rules), ...(quiet === undefined ? [] : [quiet])].flatMap(linkOf);
  };
  const start = plan.canonical(line.extension).key;
  const target = resolve(rule.target);
  const link = target.ok ? { rule, target: target.value.canonical } : undefined;
  const chains = link === undefined ? [] : findChains(start, link, linksOf, diversionLimit);
  return [...warnings, ...chains.map((chain): Warning => ({ code: "chain", message: explainChain(chain) }))];
}

function linkOf({ name: { when, callers }, enabled, target }: CompiledRule): ChainLink[] {
  return target === undefined || when === "phone"
    ? []
    : [{ rule: { when, callers, enabled }, target: target.canonical }];
}
