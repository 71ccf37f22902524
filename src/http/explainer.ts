/** What would become of a call that somebody imagines: the facts are made up, the decision is the very one of calls. */
import type { Clock } from "../base/clock.ts";
import { type LineAtPbx, lineAtPbx, lineStateOf } from "../calls/line-at-pbx.ts";
import type { Directory } from "../directory/directory.ts";
import { type CallFacts, nothingRemembered, type Stage } from "../forwarding/call-facts.ts";
import { compileDoNotDisturb, type DoNotDisturb } from "../forwarding/compile-rules.ts";
import { type Decision, decide } from "../forwarding/decide.ts";
import { explain } from "../forwarding/explain.ts";
import { type Caller, classifyCaller } from "../numbering/caller-identity.ts";
import { explainCaller } from "../numbering/explain-caller.ts";
import { imagineCaller } from "../numbering/imagined-caller.ts";
import { readMarks } from "../pbx/marks.ts";
import { fail } from "../base/result.ts";
import { Refusal } from "../base/refusal.ts";
import type { Explainer, Explanation, LineStates } from "./application.ts";

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
      const at = lineAtPbx(setup);
      const caller = classify(input.caller, at);
      const arriving: CallFacts = {
        stage: "arrived",
        caller: { class: caller.class, identity: caller.identity },
        diversions: input.diversions ?? 0,
        divertedBy: [],
        loops: nothingRemembered,
      };
      const line = lineStateOf(at, {
        callsInProgress: input.calls ?? now?.calls ?? 0,
        callsAtPbx: input.calls ?? now?.calls ?? 0,
        phones: input.phones ?? now?.phones ?? 0,
        doNotDisturb: imagineDoNotDisturb(input.dnd, directory.doNotDisturbOf(lineId)),
      });
      const when = input.at ?? clock.wallTime();
      const facts = atStage(input.stage ?? "arrived", arriving, (earlier) =>
        decide(earlier, line, rules, when),
      );
      const decision = decide(facts, line, rules, when);
      return {
        ...tell(decision),
        caller: caller.class,
        because: [explainCaller(caller), ...explain(decision)],
      };
    },
  };
}

function classify(text: string, { setup: { profile, plan }, pbxHosts }: LineAtPbx): Caller {
  const identity = imagineCaller(text, (host) => pbxHosts.has(host));
  return classifyCaller({
    identities: [identity],
    order: profile.identityHeaders,
    fromOwnPbx: true,
    marks: readMarks(profile.marks, () => undefined, identity.user),
    privacy: false,
    plan,
  });
}

/** As it is at the line, unless somebody imagines otherwise. */
function imagineDoNotDisturb(
  imagined: boolean | undefined,
  present: DoNotDisturb | undefined,
): DoNotDisturb | undefined {
  if (imagined === undefined) return present;
  return imagined ? (present ?? withoutTarget) : undefined;
}

const withoutTarget = compileDoNotDisturb(undefined, () => fail({ problem: "unreadable" }));

/** A call whose target failed was relayed before: when it came, or when nobody answered. */
function atStage(stage: Stage, arriving: CallFacts, decideOn: (facts: CallFacts) => Decision): CallFacts {
  if (stage !== "targetFailed") return { ...arriving, stage };
  const earlier = [arriving, { ...arriving, stage: "noAnswer" } as const].map(decideOn);
  const relay = earlier.find((decision) => decision.action === "relay");
  if (relay === undefined) return { ...arriving, stage };
  const failed = { rule: relay.rule, target: relay.target.canonical, failure: "unreachable" } as const;
  return { ...arriving, stage, failedRelays: [failed] };
}

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
