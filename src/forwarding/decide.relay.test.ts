import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { aCall, aLine, mondayNoon, plainTargets, userRules } from "../../test/support/example-calls.ts";
import type { CallFacts, FailedRelay, LineState } from "./call-facts.ts";
import { compileDoNotDisturb, compilePhoneForwarding, type CompiledRules } from "./compile-rules.ts";
import { decide } from "./decide.ts";
import { explain } from "./explain.ts";

const always = { when: "always", callers: "all", owner: "user" } as const;
const busyTarget: FailedRelay = { rule: always, target: "102", failure: "busy" };
const forwarded = userRules({ target: "102" });

function atRelayingPbx(state: Partial<LineState> = {}): LineState {
  return aLine({ redirect: false, relayFailure: "ringPhones", ...state });
}

function returned(facts: Partial<CallFacts> = {}): CallFacts {
  return aCall({ stage: "targetFailed", failedRelays: [busyTarget], ...facts });
}

function decideOn(facts: CallFacts, line: LineState, rules: CompiledRules = forwarded) {
  return decide(facts, line, rules, mondayNoon);
}

describe("a target that fails", () => {
  test("has the last word, unless the group wants the phones to ring", () => {
    const handedBack = decideOn(aCall(), atRelayingPbx({ relayFailure: "handBack" }));
    assert.ok(handedBack.action === "relay" && handedBack.ringsPhones === undefined);
    const rings = decideOn(aCall(), atRelayingPbx());
    assert.deepEqual(rings.action === "relay" && rings.ringsPhones, { afterSeconds: 20 });
    assert.match(
      explain(rings).at(-1) ?? "",
      /does not answer within 20 seconds, the call comes back and the line's phones ring\.$/,
    );
  });

  test("has all the time it wants where no phone would ring instead", () => {
    const silent: Partial<LineState>[] = [
      { phones: 0 },
      { callsInProgress: 1, callWaiting: false },
      { doNotDisturb: compileDoNotDisturb("500", plainTargets) },
    ];
    for (const state of silent) {
      const decision = decideOn(aCall(), atRelayingPbx(state));
      assert.ok(decision.action === "relay" && decision.ringsPhones === undefined, JSON.stringify(state));
    }
  });

  test("gives the call back to the phones, and its rule is not tried again", () => {
    const decision = decideOn(returned(), atRelayingPbx({ phones: 2 }));
    assert.equal(decision.action, "ring");
    assert.deepEqual(explain(decision), [
      "The call went to 102, which is busy.",
      "The line's 2 phones ring.",
    ]);
  });

  test("gives it back to a line that may have changed meanwhile", () => {
    const cases: [Partial<LineState>, string][] = [
      [{ phones: 0 }, "noPhone"],
      [{ callsInProgress: 1, callWaiting: false }, "busy"],
      [{ doNotDisturb: compileDoNotDisturb("500", plainTargets) }, "dnd"],
      [{ relayFailure: "handBack" }, "targetFailed"],
    ];
    for (const [state, kind] of cases) {
      const decision = decideOn(returned(), atRelayingPbx(state));
      assert.equal(decision.action === "reject" && decision.kind, kind);
    }
    const handedBack = decideOn(returned(), atRelayingPbx({ relayFailure: "handBack" }));
    assert.ok(handedBack.action === "reject" && handedBack.code === 486);
  });

  test("leaves the rules for phones that do not answer: each is tried once", () => {
    const noAnswer = { when: "noAnswer", callers: "all", owner: "user" } as const;
    const rules = userRules({ target: "102" }, { when: "noAnswer", target: "103", seconds: 5 });
    // That this line has just relayed the very call is no loop.
    const loops = { redirectedJustNow: true, sentTooOften: () => false };
    const rings = decideOn(returned({ loops }), atRelayingPbx(), rules);
    assert.deepEqual(rings.action === "ring" && rings.noAnswer, { afterSeconds: 5, rule: noAnswer });
    const late = { failedRelays: [busyTarget], rangSeconds: 5, loops } as const;
    const next = decideOn(aCall({ stage: "noAnswer", ...late }), atRelayingPbx(), rules);
    assert.equal(next.action === "relay" && next.target.canonical, "103");
    const failedRelays = [busyTarget, { rule: noAnswer, target: "103", failure: "noAnswer" as const }];
    const last = decideOn(returned({ loops, failedRelays }), atRelayingPbx(), rules);
    assert.ok(last.action === "ring" && last.noAnswer === undefined);
    assert.match(explain(last).at(-1) ?? "", /has been to its target, which did not answer in time\.$/);
  });

  test("is not called again by a phone that forwards by itself: the phone has declined", () => {
    const rule = { when: "phone", callers: "all", owner: "user" } as const;
    const byPhone = compilePhoneForwarding("500", plainTargets);
    const failedRelays: FailedRelay[] = [{ rule, target: "500", failure: "unreachable" }];
    const decision = decideOn(aCall({ stage: "redirectedByPhone", byPhone, failedRelays }), atRelayingPbx());
    assert.equal(decision.action === "reject" && decision.kind, "declined");
  });

  test("has made the caller hear 181: after that only a PBX that follows a late 302 gets one", () => {
    const rules = userRules({ when: "busy", target: "103" });
    const call = aCall({ stage: "refusedAsBusy", failedRelays: [busyTarget] });
    assert.equal(decideOn(call, aLine(), rules).action, "redirect");
    assert.equal(decideOn(call, aLine({ redirectAfterRinging: false }), rules).action, "relay");
  });
});

describe("a PBX that limits a line's calls", () => {
  const elsewhere = userRules({ target: "sip:bob@elsewhere.example" });

  test("is not asked for one that it would refuse: the rule is passed over, the phones ring", () => {
    const full = decideOn(aCall(), atRelayingPbx({ callsPerLine: 2, callsAtPbx: 1 }));
    assert.equal(full.action, "ring");
    assert.match(explain(full)[0] ?? "", /takes 2 calls of the line, and the PBX lets it have 2 at once\.$/);
    assert.equal(decideOn(aCall(), atRelayingPbx({ callsPerLine: 2, callsAtPbx: 0 })).action, "relay");
    assert.equal(decideOn(aCall(), atRelayingPbx({ callsPerLine: 3, callsAtPbx: 1 })).action, "relay");
  });

  test("limits no redirection, and a call to elsewhere is one alone", () => {
    const limits = { callsPerLine: 1, callsAtPbx: 0 };
    assert.equal(decideOn(aCall(), aLine({ callsPerLine: 1, callsAtPbx: 1 })).action, "redirect");
    assert.equal(decideOn(aCall(), atRelayingPbx(limits)).action, "ring");
    assert.equal(decideOn(aCall(), atRelayingPbx(limits), elsewhere).action, "relay");
    assert.equal(decideOn(aCall(), atRelayingPbx({ ...limits, callsAtPbx: 1 }), elsewhere).action, "ring");
  });

  test("gets the group's answer where no phone can ring", () => {
    const decision = decideOn(aCall(), atRelayingPbx({ callsPerLine: 1, phones: 0 }));
    assert.equal(decision.action === "reject" && decision.kind, "noPhone");
  });
});
