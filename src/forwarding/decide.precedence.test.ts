import assert from "node:assert/strict";
import { test } from "node:test";
import { compileDoNotDisturb, type CompiledRules } from "./compile-rules.ts";
import { decide, type Decision } from "./decide.ts";
import {
  aCall,
  aLine,
  mondayNoon,
  plainTargets,
  userAndGroupRules,
  userRules,
} from "../../test/support/example-calls.ts";
import {
  callerClasses,
  callers,
  whens,
  type CallerClass,
  type Callers,
  type Forwarding,
  type When,
} from "./rules.ts";

/** Every way to choose one of the options for each of the keys. */
function allChoices<Key extends string, Option>(
  keys: readonly Key[],
  options: readonly Option[],
): Map<Key, Option>[] {
  return keys.reduce<Map<Key, Option>[]>(
    (choices, key) =>
      choices.flatMap((choice) => options.map((option) => new Map([...choice, [key, option]]))),
    [new Map<Key, Option>()],
  );
}

/** The line's state in which exactly this *when* is reached. */
function decideWhen(when: When, callerClass: CallerClass, rules: CompiledRules): Decision {
  const call = aCall({
    stage: when === "noAnswer" ? "noAnswer" : "arrived",
    caller: { class: callerClass, identity: "" },
  });
  const line = aLine({ callsInProgress: when === "busy" ? 1 : 0, phones: when === "unreachable" ? 0 : 1 });
  return decide(call, line, rules, mondayNoon);
}

function targetOf(decision: Decision): string | undefined {
  return decision.action === "redirect" || decision.action === "relay"
    ? decision.target.canonical
    : undefined;
}

test("within one when: mandatory group rules, the user's, the group's, and each time the specific rule first", () => {
  let decisions = 0;
  for (const when of whens) {
    for (const userHas of allChoices(callers, [false, true])) {
      for (const groupHas of allChoices(callers, ["none", "plain", "mandatory"] as const)) {
        const user = callers
          .filter((each) => userHas.get(each))
          .map((each) => ({ when, callers: each, target: `user-${each}` }));
        const group = callers
          .filter((each) => groupHas.get(each) !== "none")
          .map((each) => {
            const mandatory = groupHas.get(each) === "mandatory";
            return { when, callers: each, mandatory, target: `${mandatory ? "mandatory" : "group"}-${each}` };
          });
        const rules = userAndGroupRules(user, group);
        const all = new Set([...user, ...group].map(({ target }) => target));
        for (const own of callerClasses) {
          const order = [
            `mandatory-${own}`,
            "mandatory-all",
            `user-${own}`,
            "user-all",
            `group-${own}`,
            "group-all",
          ];
          const expected = order.find((target) => all.has(target));
          assert.equal(
            targetOf(decideWhen(when, own, rules)),
            expected,
            `${when}, ${own}: ${[...all].join(" ")}`,
          );
          decisions += 1;
        }
      }
    }
  }
  assert.equal(decisions, 4 * 8 * 27 * 2);
});

test("always comes before do not disturb, busy, and unreachable; noAnswer has to wait", () => {
  for (const has of allChoices([...whens, "dnd"] as const, [false, true])) {
    const rules = userRules(...whens.filter((when) => has.get(when)).map((when) => ({ when, target: when })));
    for (const callsInProgress of [0, 1]) {
      for (const phones of [0, 1]) {
        const line = aLine({
          callsInProgress,
          phones,
          callWaiting: false,
          ...(has.get("dnd") && { doNotDisturb: compileDoNotDisturb("dnd", plainTargets) }),
        });
        const decision = decide(aCall(), line, rules, mondayNoon);
        const reached = {
          always: true,
          dnd: true,
          busy: callsInProgress === 1,
          unreachable: phones === 0,
        };
        const expected = (["always", "dnd", "busy", "unreachable"] as const).find(
          (each) => has.get(each) && reached[each],
        );
        assert.equal(targetOf(decision), expected);
        if (expected !== undefined) continue;
        if (callsInProgress === 1)
          assert.deepEqual([decision.action, "kind" in decision && decision.kind], ["reject", "busy"]);
        else if (phones === 0)
          assert.deepEqual([decision.action, "kind" in decision && decision.kind], ["reject", "noPhone"]);
        else
          assert.equal(
            decision.action === "ring" && (decision.noAnswer !== undefined) === has.get("noAnswer"),
            true,
          );
      }
    }
  }
});

test("the six forwardings of the mission live side by side, each with calls of its own", () => {
  const six: Partial<Forwarding>[] = (["always", "busy"] as const).flatMap((when) =>
    callers.map((each: Callers) => ({ when, callers: each, target: `${when}-${each}` })),
  );
  const without = (...targets: string[]): CompiledRules =>
    userRules(...six.filter(({ target }) => !targets.includes(target ?? "")));
  assert.equal(targetOf(decideWhen("busy", "internal", without())), "always-internal");
  assert.equal(targetOf(decideWhen("busy", "internal", without("always-internal"))), "always-all");
  assert.equal(
    targetOf(decideWhen("busy", "internal", without("always-internal", "always-all"))),
    "busy-internal",
  );
  assert.equal(
    targetOf(decideWhen("busy", "external", without("always-external", "always-all"))),
    "busy-external",
  );
  assert.equal(
    targetOf(decideWhen("busy", "external", without("always-external", "always-all", "busy-external"))),
    "busy-all",
  );
  assert.equal(
    decideWhen("unreachable", "external", without("always-external", "always-all")).action,
    "reject",
  );
});
