import assert from "node:assert/strict";
import { test } from "node:test";
import { aCall, aLine, mondayNoon, userAndGroupRules, userRules } from "../../test/support/example-calls.ts";
import { decide } from "./decide.ts";
import { explain } from "./explain.ts";

test("a forwarded call: what was passed over, and what acted", () => {
  const rules = userAndGroupRules(
    [{ callers: "internal" }, { enabled: false }, { when: "busy", target: "+4930123456" }],
    [{ target: "500", until: "2026-01-01T00:00:00Z" }],
  );
  assert.deepEqual(explain(decide(aCall(), aLine({ callsInProgress: 1 }), rules, mondayNoon)), [
    "The rule “always, internal callers” is passed over: the caller is external.",
    "The rule “always, all callers” is passed over: it is switched off.",
    "The group's rule “always, all callers” is passed over: it held until 2026-01-01T00:00:00Z.",
    "The rule “when busy, all callers” applies: the call goes to +4930123456.",
  ]);
});

test("a call that rings, and what comes then", () => {
  const rules = userRules(
    { when: "busy" },
    { when: "unreachable" },
    { when: "noAnswer", seconds: 15, target: "500" },
  );
  assert.deepEqual(explain(decide(aCall(), aLine(), rules, mondayNoon)), [
    "The line has no call in progress, so its rules for a busy line do not apply.",
    "A phone is registered, so the rules for a line without one do not apply.",
    "No rule forwards this call.",
    "The line's phone rings.",
    "If nobody answers within 15 seconds, the rule “when not answered, all callers” sends the call to 500.",
  ]);
});

test("a refused call: why, and what the caller gets", () => {
  assert.deepEqual(explain(decide(aCall(), aLine({ phones: 0 }), userRules(), mondayNoon)), [
    "No rule forwards this call.",
    "No phone of the line can be reached: the caller is told that it is busy (486).",
  ]);
  const group = decide(aCall({ groupCall: { by: "to", number: "700" } }), aLine(), userRules({}), mondayNoon);
  assert.deepEqual(explain(group), [
    "The rule “always, all callers” is passed over: the call comes from the group 700, and the rule is not for group calls.",
    "The line leaves the call to the rest of its group: the caller is told that nobody is there (480).",
  ]);
});

test("a relayed call says why it is not redirected", () => {
  const sentences = explain(decide(aCall(), aLine({ redirect: false }), userRules({}), mondayNoon));
  assert.equal(
    sentences.at(-1),
    "Divert calls the target itself, since the PBX does not follow redirections.",
  );
});
