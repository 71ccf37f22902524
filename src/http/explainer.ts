/** What would become of a call that somebody imagines: the facts are made up, the decision is the very one of calls. */
import type { Clock } from "../base/clock.ts";
import type { Directory, LineSetup } from "../directory/directory.ts";
import { type CallFacts, type LineState, nothingRemembered } from "../forwarding/call-facts.ts";
import { compileDoNotDisturb } from "../forwarding/compile-rules.ts";
import { type Decision, decide } from "../forwarding/decide.ts";
import { explain } from "../forwarding/explain.ts";
import { type Caller, classifyCaller } from "../numbering/caller-identity.ts";
import { explainCaller } from "../numbering/explain-caller.ts";
import { imagineCaller } from "../numbering/imagined-caller.ts";
import { followsRedirect } from "../pbx/effective-profile.ts";
import { pbxHosts } from "../pbx/hosts.ts";
import { readMarks } from "../pbx/marks.ts";
import { fail } from "../base/result.ts";
import { Refusal } from "../base/refusal.ts";
import type { ExplainInput, Explainer, Explanation, LineStates } from "./application.ts";

export interface ExplainerOptions {
  readonly directory: Directory;
  /** For what the imagined call leaves open. */
  readonly lineStates: LineStates;
  readonly clock: Clock;
}

export function createExplainer({ directory, lineStates, clock }: ExplainerOptions): Explainer {
  return {
    explain(lineId, input) {
      const setup = directory.setupOf(lineId);
      const rules = directory.rulesOf(lineId);
      if (!setup || !rules) throw new Refusal("unknown-line", `There is no line ${lineId}.`);
      const now = lineStates.stateOf(lineId);
      const caller = classify(input.caller, setup);
      const facts: CallFacts = {
        stage: input.stage ?? "arrived",
        caller: { class: caller.class, identity: caller.identity },
        diversions: input.diversions ?? 0,
        divertedBy: [],
        loops: nothingRemembered,
      };
      const line = imagineLine(
        setup,
        input,
        input.calls ?? now?.calls ?? 0,
        input.phones ?? now?.phones ?? 0,
      );
      const decision = decide(facts, line, rules, input.at ?? clock.wallTime());
      return {
        ...tell(decision),
        caller: caller.class,
        because: [explainCaller(caller), ...explain(decision)],
      };
    },
  };
}

function classify(text: string, { pbx, profile, plan }: LineSetup): Caller {
  const hosts = pbxHosts(pbx);
  const identity = imagineCaller(text, (host) => hosts.has(host));
  return classifyCaller({
    identities: [identity],
    order: profile.identityHeaders,
    fromOwnPbx: true,
    marks: readMarks(profile.marks, () => undefined, identity.user),
    privacy: false,
    plan,
  });
}

function imagineLine(
  setup: LineSetup,
  input: ExplainInput,
  callsInProgress: number,
  phones: number,
): LineState {
  const { line, group, pbx, profile, plan } = setup;
  return {
    identities: [plan.canonical(line.extension).key, plan.canonical(line.username).key],
    callsInProgress,
    phones,
    callWaiting: line.callWaiting,
    secondCall: line.secondCall,
    answers: group.answers,
    redirect: followsRedirect(pbx, profile),
    redirectAfterRinging: profile.redirectAfterRinging,
    ...(input.dnd ? { doNotDisturb: withoutTarget } : {}),
  };
}

const withoutTarget = compileDoNotDisturb(undefined, () => fail({ problem: "unreadable" }));

function tell(decision: Decision): Omit<Explanation, "caller" | "because"> {
  switch (decision.action) {
    case "redirect":
      return { action: "redirect", target: decision.target.canonical, rule: decision.rule, status: 302 };
    case "relay":
      return { action: "relay", target: decision.target.canonical, rule: decision.rule };
    case "ring":
      return { action: "ring" };
    case "reject":
      return { action: "reject", status: decision.code };
  }
}
