import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compileDoNotDisturb, compilePhoneForwarding } from "./compile-rules.ts";
import { decide, type Decision } from "./decide.ts";
import {
  aCall,
  aLine,
  mondayNoon,
  plainTargets,
  userAndGroupRules,
  userRules,
} from "../../test/support/example-calls.ts";
import type { Objection } from "./reasons.ts";

function objectionsIn(decision: Decision): Objection["code"][] {
  return decision.reasons
    .filter((reason) => reason.code === "passedOver")
    .map(({ objection }) => objection.code);
}

describe("a rule acts", () => {
  test("always: the call is redirected, and the Diversion will say unconditional", () => {
    const decision = decide(aCall(), aLine(), userRules({ target: "102" }), mondayNoon);
    assert.deepEqual(decision, {
      action: "redirect",
      rule: { when: "always", callers: "all", owner: "user" },
      target: { kind: "extension", canonical: "102", contactUser: "102" },
      diversionReason: "unconditional",
      reasons: [{ code: "applies", rule: { when: "always", callers: "all", owner: "user" }, target: "102" }],
    });
  });

  test("a phone of the line sends the call elsewhere: its user's forwarding, under the same rules as any other", () => {
    const byPhone = compilePhoneForwarding("500", plainTargets);
    const call = aCall({ stage: "redirectedByPhone", byPhone });
    const decision = decide(call, aLine(), userRules({ when: "busy", target: "102" }), mondayNoon);
    assert.equal(decision.action, "redirect");
    assert.equal(decision.target.canonical, "500");
    assert.equal(decision.diversionReason, "deflection");
    const afterRinging = decide(
      { ...call, rangSeconds: 2 },
      aLine({ redirectAfterRinging: false }),
      userRules(),
      mondayNoon,
    );
    assert.equal(afterRinging.action, "relay");
  });

  test("a phone that sends the call where it may not go has declined it", () => {
    for (const target of ["barred", "101", "+4989123456"]) {
      const byPhone = compilePhoneForwarding(target, plainTargets);
      const decision = decide(
        aCall({ stage: "redirectedByPhone", byPhone }),
        aLine(),
        userRules(),
        mondayNoon,
      );
      assert.equal(decision.action, "reject", target);
      assert.equal(decision.kind, "declined", target);
    }
  });

  const stages = [
    ["the line has a call", aCall(), aLine({ callsInProgress: 1 }), "busy", "user-busy"],
    ["the phones refused it as busy", aCall({ stage: "refusedAsBusy" }), aLine(), "busy", "user-busy"],
    ["no phone is registered", aCall(), aLine({ phones: 0 }), "unreachable", "unavailable"],
    ["the phones cannot be reached", aCall({ stage: "unreachable" }), aLine(), "unreachable", "unavailable"],
    ["time is up", aCall({ stage: "noAnswer" }), aLine(), "noAnswer", "no-answer"],
  ] as const;
  for (const [story, call, line, when, diversionReason] of stages) {
    test(`${story}: the rule for ${when}, and no other`, () => {
      const others = (["busy", "unreachable", "noAnswer"] as const).filter((other) => other !== when);
      const rules = userRules(
        { when, target: "200" },
        ...others.map((other) => ({ when: other, target: "300" })),
      );
      const decision = decide(call, line, rules, mondayNoon);
      assert.equal(decision.action, "redirect");
      assert.equal(decision.target.canonical, "200");
      assert.equal(decision.diversionReason, diversionReason);
      const withoutIt = decide(
        call,
        line,
        userRules(...others.map((other) => ({ when: other }))),
        mondayNoon,
      );
      assert.notEqual(withoutIt.action, "redirect");
    });
  }

  test("do not disturb with a target sends callers there, and its objections hold as for any rule", () => {
    const line = aLine({ doNotDisturb: compileDoNotDisturb("500", plainTargets) });
    const decision = decide(aCall(), line, userRules(), mondayNoon);
    assert.equal(decision.action === "redirect" && decision.diversionReason, "do-not-disturb");
    const fromTarget = decide(
      aCall({ caller: { class: "internal", identity: "500" } }),
      line,
      userRules(),
      mondayNoon,
    );
    assert.deepEqual([fromTarget.action, "kind" in fromTarget && fromTarget.kind], ["reject", "dnd"]);
  });
});

describe("a rule is passed over, and the next one is tried", () => {
  const cases: [string, Objection["code"], Parameters<typeof aCall>[0], Parameters<typeof userRules>[0]][] = [
    ["it is switched off", "switchedOff", {}, { enabled: false }],
    ["it holds from tomorrow on", "notYet", {}, { from: "2026-11-24T00:00:00+01:00" }],
    ["it held until this morning", "over", {}, { until: "2026-11-23T12:00:00+01:00" }],
    [
      "it is for the evening",
      "outsideHours",
      {},
      { hours: [{ days: ["mon"], from: "18:00", to: "22:00" }], timeZone: "Europe/Berlin" },
    ],
    ["its time zone does not exist", "unreadableTime", {}, { hours: [], timeZone: "Europe/Atlantis" }],
    ["its times make no sense", "unreadableTime", {}, { from: "tomorrow" }],
    ["its target is the line itself", "targetIsLine", {}, { target: "101" }],
    ["its target is the caller", "targetIsCaller", {}, { target: "+4989123456" }],
    ["its target is barred", "targetUnusable", {}, { target: "barred" }],
    ["it is for the other callers", "otherCallers", {}, { callers: "internal" }],
    ["the call comes from a group", "groupCall", { groupCall: { by: "mark" } }, {}],
  ];
  for (const [story, code, call, rule] of cases) {
    test(story, () => {
      const rules = userAndGroupRules([{ target: "200", ...rule }], [{ target: "500", groupCalls: true }]);
      const decision = decide(aCall(call), aLine(), rules, mondayNoon);
      assert.deepEqual(objectionsIn(decision), [code]);
      assert.equal(decision.action === "redirect" && decision.target.canonical, "500");
    });
  }

  const callLevel: [string, Objection["code"], Parameters<typeof aCall>[0]][] = [
    ["it was diverted five times", "divertedTooOften", { diversions: 5 }],
    ["its history names this line", "divertedByThisLine", { divertedBy: ["300", "101"] }],
    [
      "this line redirected it just now",
      "redirectedJustNow",
      { loops: { redirectedJustNow: true, sentTooOften: () => false } },
    ],
  ];
  for (const [story, code, call] of callLevel) {
    test(`a call is not forwarded by any rule when ${story}`, () => {
      const rules = userAndGroupRules([{}, { callers: "external" }], [{}]);
      const decision = decide(aCall(call), aLine(), rules, mondayNoon);
      assert.deepEqual(objectionsIn(decision), [code, code, code]);
      assert.equal(decision.action, "ring");
    });
  }

  test("four diversions are not too many, and a limit of its own holds", () => {
    assert.equal(decide(aCall({ diversions: 4 }), aLine(), userRules({}), mondayNoon).action, "redirect");
    assert.equal(
      decide(aCall({ diversions: 1 }), aLine({ diversionLimit: 1 }), userRules({}), mondayNoon).action,
      "ring",
    );
  });

  test("a loop closes one target alone", () => {
    const loops = { redirectedJustNow: false, sentTooOften: (target: string) => target === "200" };
    const rules = userAndGroupRules([{ target: "200" }], [{ target: "500" }]);
    const decision = decide(aCall({ loops }), aLine(), rules, mondayNoon);
    assert.equal(decision.action === "redirect" && decision.target.canonical, "500");
  });
});

describe("group calls", () => {
  const groupCall = { by: "to", number: "700" } as const;

  test("are refused when a rule would have taken them from the group: 480, or 486 when the line is busy", () => {
    const away = decide(aCall({ groupCall }), aLine(), userRules({}), mondayNoon);
    assert.deepEqual(
      [away.action, "kind" in away && away.kind, "code" in away && away.code],
      ["reject", "groupCall", 480],
    );
    const busy = decide(
      aCall({ groupCall }),
      aLine({ callsInProgress: 1 }),
      userRules({ when: "busy" }),
      mondayNoon,
    );
    assert.deepEqual(["kind" in busy && busy.kind, "code" in busy && busy.code], ["groupCall", 486]);
  });

  test("ring when no rule would have forwarded them", () => {
    assert.equal(
      decide(aCall({ groupCall }), aLine(), userRules({ callers: "internal" }), mondayNoon).action,
      "ring",
    );
  });

  test("ring on when a noAnswer rule would have ended the ringing: the group gives up by itself", () => {
    const rules = userRules({ when: "noAnswer" });
    const arrived = decide(aCall({ groupCall }), aLine(), rules, mondayNoon);
    assert.equal(arrived.action === "ring" && arrived.noAnswer, undefined);
    assert.equal(decide(aCall({ groupCall, stage: "noAnswer" }), aLine(), rules, mondayNoon).action, "ring");
  });

  test("are never answered with a 6xx, nor left ringing in place of a refusal", () => {
    for (const answer of [603, 180, 486, 480] as const) {
      const answers = { busy: answer, noPhone: answer, declined: answer, dnd: answer };
      const codes = [
        decide(aCall({ groupCall }), aLine({ answers, phones: 0 }), userRules(), 0),
        decide(aCall({ groupCall, stage: "declined" }), aLine({ answers }), userRules(), 0),
        decide(aCall({ groupCall }), aLine({ answers, doNotDisturb: { rule: undefined } }), userRules(), 0),
        decide(aCall({ groupCall, stage: "refusedAsBusy" }), aLine({ answers }), userRules(), 0),
      ].map((decision) => "code" in decision && decision.code);
      assert.deepEqual(
        codes,
        answer === 486 || answer === 480 ? [answer, answer, answer, answer] : [480, 486, 480, 486],
      );
    }
  });
});

describe("no rule left", () => {
  const answers = { busy: 486, noPhone: 480, declined: 603, dnd: 180 } as const;
  const cases = [
    [
      "a busy line without call waiting",
      aCall(),
      aLine({ answers, callsInProgress: 1, callWaiting: false }),
      "busy",
      486,
    ],
    ["a line without a phone", aCall(), aLine({ answers, phones: 0 }), "noPhone", 480],
    ["a declined call", aCall({ stage: "declined" }), aLine({ answers }), "declined", 603],
    ["do not disturb", aCall(), aLine({ answers, doNotDisturb: { rule: undefined } }), "dnd", 180],
    ["phones that refused it as busy", aCall({ stage: "refusedAsBusy" }), aLine({ answers }), "busy", 486],
    ["phones that cannot be reached", aCall({ stage: "unreachable" }), aLine({ answers }), "noPhone", 480],
  ] as const;
  for (const [story, call, line, kind, code] of cases) {
    test(`${story}: the group's answer code`, () => {
      const decision = decide(call, line, userRules(), mondayNoon);
      assert.deepEqual(
        [decision.action, "kind" in decision && decision.kind, "code" in decision && decision.code],
        ["reject", kind, code],
      );
    });
  }

  test("declined calls are forwarded by no rule at all", () => {
    const rules = userRules({}, { when: "busy" }, { when: "noAnswer" }, { when: "unreachable" });
    assert.equal(decide(aCall({ stage: "declined" }), aLine(), rules, mondayNoon).action, "reject");
  });

  test("a busy line with call waiting rings", () => {
    assert.equal(decide(aCall(), aLine({ callsInProgress: 1 }), userRules(), mondayNoon).action, "ring");
  });

  test("the phones ring for the seconds of the first noAnswer rule that may be used", () => {
    const rules = userAndGroupRules(
      [
        { when: "noAnswer", callers: "external", enabled: false, seconds: 5 },
        { when: "noAnswer", seconds: 15 },
      ],
      [{ when: "noAnswer", seconds: 10 }],
    );
    const decision = decide(aCall(), aLine(), rules, mondayNoon);
    assert.deepEqual(decision.action === "ring" && decision.noAnswer, {
      afterSeconds: 15,
      rule: { when: "noAnswer", callers: "all", owner: "user" },
    });
  });

  test("asked too early, they ring on until the rule's time", () => {
    const rules = userRules({ when: "noAnswer", seconds: 15 });
    const early = decide(aCall({ stage: "noAnswer", rangSeconds: 10 }), aLine(), rules, mondayNoon);
    assert.equal(early.action === "ring" && early.noAnswer?.afterSeconds, 15);
    assert.equal(
      decide(aCall({ stage: "noAnswer", rangSeconds: 15 }), aLine(), rules, mondayNoon).action,
      "redirect",
    );
  });
});

describe("redirect or relay", () => {
  const relayCase = (
    call: Parameters<typeof aCall>[0],
    line: Parameters<typeof aLine>[0],
    rule: Parameters<typeof userRules>[0] = {},
  ) => {
    const decision = decide(aCall(call), aLine(line), userRules(rule), mondayNoon);
    return decision.action === "relay" ? decision.why : decision.action;
  };

  test("a PBX that follows no 302 gets the call relayed", () => {
    assert.equal(relayCase({}, { redirect: false }), "redirectNotFollowed");
  });
  test("a foreign host never stands in a 302", () => {
    assert.equal(relayCase({}, {}, { target: "sip:bob@elsewhere.example" }), "foreignHost");
  });
  test("after ringing only where the PBX takes a 302 then", () => {
    const late = { redirectAfterRinging: false };
    assert.equal(relayCase({ stage: "noAnswer" }, late, { when: "noAnswer" }), "afterRinging");
    assert.equal(
      relayCase({ stage: "refusedAsBusy", rangSeconds: 2 }, late, { when: "busy" }),
      "afterRinging",
    );
    assert.equal(relayCase({ stage: "refusedAsBusy" }, late, { when: "busy" }), "redirect");
    assert.equal(relayCase({}, late), "redirect");
    assert.equal(relayCase({ stage: "noAnswer" }, {}, { when: "noAnswer" }), "redirect");
  });
});

describe("calls that are never forwarded", () => {
  for (const exempt of ["psapCallback", "replaces", "inDialog"] as const) {
    test(`${exempt}: the phones ring, whatever is set`, () => {
      const line = aLine({ callsInProgress: 1, callWaiting: false, doNotDisturb: { rule: undefined } });
      const decision = decide(aCall({ exempt }), line, userRules({}, { when: "busy" }), mondayNoon);
      assert.equal(decision.action, "ring");
      assert.deepEqual(decision.reasons[0], { code: "neverForwarded", call: exempt });
      assert.equal(
        decide(aCall({ exempt }), aLine({ phones: 0 }), userRules({}), mondayNoon).action,
        "reject",
      );
    });
  }
});

test("where the PBX may answer busy itself, the explanation says so", () => {
  const unsure = (secondCall: "yes" | "no" | "unknown", callsInProgress = 1) =>
    decide(aCall(), aLine({ secondCall, callsInProgress }), userRules({ when: "busy" }), mondayNoon)
      .reasons[0]?.code;
  assert.equal(unsure("no"), "secondCallUnsure");
  assert.equal(unsure("unknown"), "secondCallUnsure");
  assert.equal(unsure("yes"), "applies");
  assert.equal(unsure("no", 0), "conditionNotMet");
});
