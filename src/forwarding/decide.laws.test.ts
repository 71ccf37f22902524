import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { answerCodes } from "./answers.ts";
import { relayFailures, stages, type CallFacts, type LineState } from "./call-facts.ts";
import { compileDoNotDisturb, compileRules, type CompiledRules } from "./compile-rules.ts";
import { decide } from "./decide.ts";
import { plainTargets } from "../../test/support/example-calls.ts";
import { explain } from "./explain.ts";
import { callerClasses, callers, weekdays, whens, type Forwarding } from "./rules.ts";

const anIdentity = fc.constantFrom("101", "102", "103", "+4989123456", "alice", "");
const aTarget = fc.oneof(anIdentity, fc.constantFrom("barred", "sip:bob@elsewhere.example"), fc.string());
const aTimeOfDay = fc.oneof(
  fc.constantFrom("00:00", "08:00", "17:30", "23:59", "24:00"),
  fc.string({ maxLength: 6 }),
);
const anInstant = fc.oneof(
  fc.constantFrom("2026-11-23T12:00:00+01:00", "2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"),
  fc.string(),
);
const aForwarding: fc.Arbitrary<Forwarding> = fc.record(
  {
    when: fc.constantFrom(...whens),
    callers: fc.constantFrom(...callers),
    target: aTarget,
    enabled: fc.boolean(),
    seconds: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.double()),
    from: anInstant,
    until: anInstant,
    hours: fc.array(fc.record({ days: fc.subarray([...weekdays]), from: aTimeOfDay, to: aTimeOfDay }), {
      maxLength: 3,
    }),
    timeZone: fc.oneof(fc.constantFrom("Europe/Berlin", "America/New_York", "UTC"), fc.string()),
    groupCalls: fc.boolean(),
    mandatory: fc.boolean(),
  },
  { requiredKeys: ["when", "callers", "target", "enabled"] },
);
const aCallerFact = fc.record({ class: fc.constantFrom(...callerClasses), identity: anIdentity });
const someFacts: fc.Arbitrary<CallFacts> = fc.record(
  {
    stage: fc.constantFrom(...stages),
    caller: aCallerFact,
    rangSeconds: fc.oneof(fc.nat(60), fc.double()),
    diversions: fc.oneof(fc.nat(7), fc.double()),
    divertedBy: fc.array(anIdentity, { maxLength: 3 }),
    loops: fc.record({
      redirectedJustNow: fc.boolean(),
      sentTooOften: fc.constantFrom(
        () => false,
        (target: string) => target === "102",
      ),
    }),
    groupCall: fc.constantFrom({ by: "mark" as const }, { by: "to" as const, number: "700" }),
    failedRelays: fc.array(
      fc.record({
        rule: fc.record({
          when: fc.constantFrom(...whens, "doNotDisturb" as const, "phone" as const),
          callers: fc.constantFrom(...callers),
          owner: fc.constantFrom("user" as const, "group" as const),
        }),
        target: anIdentity,
        failure: fc.constantFrom("busy" as const, "unreachable" as const, "noAnswer" as const),
      }),
      { maxLength: 3 },
    ),
    exempt: fc.constantFrom("psapCallback" as const, "replaces" as const, "inDialog" as const),
  },
  { requiredKeys: ["stage", "caller", "diversions", "divertedBy", "loops"] },
);
const anAnswer = fc.constantFrom(...answerCodes);
const someLine: fc.Arbitrary<LineState> = fc
  .record({
    identities: fc.uniqueArray(anIdentity, { minLength: 1, maxLength: 2 }),
    callsInProgress: fc.nat(2),
    phones: fc.nat(2),
    callWaiting: fc.boolean(),
    secondCall: fc.constantFrom("yes" as const, "no" as const, "unknown" as const),
    answers: fc.record({ busy: anAnswer, noPhone: anAnswer, declined: anAnswer, dnd: anAnswer }),
    redirect: fc.boolean(),
    redirectAfterRinging: fc.boolean(),
    relayFailure: fc.constantFrom(...relayFailures),
    callsPerLine: fc.oneof(fc.nat(3), fc.double()),
    callsAtPbx: fc.nat(3),
    dndTarget: fc.option(fc.option(aTarget, { nil: undefined }), { nil: "none" as const }),
  })
  .map(({ dndTarget, ...line }) =>
    dndTarget === "none" ? line : { ...line, doNotDisturb: compileDoNotDisturb(dndTarget, plainTargets) },
  );
const someRules: fc.Arbitrary<CompiledRules> = fc
  .tuple(fc.array(aForwarding, { maxLength: 8 }), fc.array(aForwarding, { maxLength: 4 }))
  .map(([user, group]) => compileRules(user, group, plainTargets));
const someTimeOfOurs = fc.integer({ min: Date.parse("2019-01-01"), max: Date.parse("2031-01-01") });
const someTime = fc.oneof(someTimeOfOurs, fc.double());

const anyCase = [someFacts, someLine, someRules, someTime] as const;

test("any input gives a decision, with at least one reason, and each reason a sentence", () => {
  fc.assert(
    fc.property(...anyCase, (facts, line, rules, now) => {
      const decision = decide(facts, line, rules, now);
      const sentences = explain(decision);
      assert.ok(sentences.length > 0);
      for (const sentence of sentences) assert.match(sentence, /^[A-Z][^]*\.$/);
      for (const sentence of sentences) assert.doesNotMatch(sentence, /undefined|\[object/);
    }),
    { numRuns: 2000 },
  );
});

test("no decision sends a call to the line itself or to its caller, and a foreign host is never in a redirect", () => {
  fc.assert(
    fc.property(...anyCase, (facts, line, rules, now) => {
      const decision = decide(facts, line, rules, now);
      if (decision.action !== "redirect" && decision.action !== "relay") return;
      assert.ok(!line.identities.includes(decision.target.canonical));
      assert.notEqual(decision.target.canonical, facts.caller.identity);
      if (decision.action === "redirect") assert.equal(decision.target.foreignUri, undefined);
      assert.equal(facts.exempt, undefined);
      assert.notEqual(facts.stage, "declined");
    }),
    { numRuns: 2000 },
  );
});

test("rules that are switched off, out of their time or for other callers might as well not be there", () => {
  fc.assert(
    fc.property(
      someFacts,
      someLine,
      fc.array(aForwarding, { maxLength: 6 }),
      fc.array(aForwarding, { maxLength: 6 }),
      // Before 2018 a rule until 2018 holds, and after 2032 one from then on.
      someTimeOfOurs,
      (facts, line, live, dead, now) => {
        const idle = dead.flatMap((rule): Forwarding[] => [
          { ...rule, enabled: false },
          { ...rule, until: "2018-01-01T00:00:00Z" },
          { ...rule, from: "2032-01-01T00:00:00Z" },
          { ...rule, hours: [], timeZone: "UTC" },
          { ...rule, callers: facts.caller.class === "internal" ? "external" : "internal" },
        ]);
        const withIdle = decide(facts, line, compileRules([...idle, ...live], idle, plainTargets), now);
        const without = decide(facts, line, compileRules(live, [], plainTargets), now);
        assert.deepEqual({ ...withIdle, reasons: [] }, { ...without, reasons: [] });
      },
    ),
    { numRuns: 500 },
  );
});

test("the same question gets the same answer, and asking changes nothing", () => {
  fc.assert(
    fc.property(...anyCase, (facts, line, rules, now) => {
      const before = JSON.stringify([facts, line, rules]);
      assert.deepEqual(decide(facts, line, rules, now), decide(facts, line, rules, now));
      assert.equal(JSON.stringify([facts, line, rules]), before);
    }),
  );
});

test("a group call is never answered with a 6xx, and only by a rule for group calls forwarded", () => {
  fc.assert(
    fc.property(...anyCase, (facts, line, rules, now) => {
      const decision = decide({ ...facts, groupCall: { by: "mark" } }, line, rules, now);
      if (decision.action === "reject" && facts.exempt === undefined)
        assert.ok(decision.code === 486 || decision.code === 480);
      if (decision.action !== "redirect" && decision.action !== "relay") return;
      const { when, owner } = decision.rule;
      assert.ok(
        when !== "doNotDisturb" &&
          when !== "phone" &&
          rules[when].some((rule) => rule.name.owner === owner && rule.groupCalls),
      );
    }),
    { numRuns: 1000 },
  );
});

test("a call is relayed by each rule once, by none at the moment it comes back, and never past the PBX's limit", () => {
  fc.assert(
    fc.property(...anyCase, (facts, line, rules, now) => {
      const decision = decide(facts, line, rules, now);
      if (decision.action !== "redirect" && decision.action !== "relay") return;
      assert.notEqual(facts.stage, "targetFailed");
      for (const { rule } of facts.failedRelays ?? []) assert.notDeepEqual(rule, decision.rule);
      if (decision.action === "redirect") return;
      const needed = decision.target.foreignUri === undefined ? 2 : 1;
      assert.ok((line.callsAtPbx ?? 0) + needed <= (line.callsPerLine ?? Infinity));
      if (decision.ringsPhones !== undefined)
        assert.ok(line.relayFailure === "ringPhones" && line.phones > 0);
    }),
    { numRuns: 2000 },
  );
});
