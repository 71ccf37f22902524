import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { succeed } from "../base/result.ts";
import { aCall, aLine, aRule, mondayNoon } from "../../test/support/example-calls.ts";
import type { OutsideForwardings } from "./call-facts.ts";
import { compileRules, type CompiledRules, type ResolveTarget } from "./compile-rules.ts";
import { decide } from "./decide.ts";
import { explain } from "./explain.ts";

const targets: ResolveTarget = (target) =>
  succeed({ kind: target.startsWith("+") ? "number" : "extension", canonical: target, contactUser: target });

const rules = (...wanted: Parameters<typeof aRule>[0][]): CompiledRules =>
  compileRules(wanted.map(aRule), [], targets);

const spent = (toOutside: Partial<OutsideForwardings>, redirect = true) =>
  aLine({
    redirect,
    toOutside: { withinHour: 0, perHour: 200, relayed: 0, relayedAtOnce: 10, ...toOutside },
  });

describe("limits of what a line forwards to outside", () => {
  const outside = rules({ target: "+4989777888" });

  test("a rule beyond the hourly limit is passed over, with the reason", () => {
    assert.equal(decide(aCall(), spent({ withinHour: 199 }), outside, mondayNoon).action, "redirect");
    const decision = decide(aCall(), spent({ withinHour: 200 }), outside, mondayNoon);
    assert.notEqual(decision.action, "redirect");
    assert.match(
      explain(decision).join(" "),
      /200 calls to outside within the last hour, which is its limit/,
    );
  });

  test("forwarding within the PBX has no limit", () => {
    const decision = decide(aCall(), spent({ withinHour: 5000 }), rules({ target: "102" }), mondayNoon);
    assert.equal(decision.action, "redirect");
  });

  test("a relay beyond those that may be carried at once is passed over; a redirect is not", () => {
    assert.equal(decide(aCall(), spent({ relayed: 9 }, false), outside, mondayNoon).action, "relay");
    assert.notEqual(decide(aCall(), spent({ relayed: 10 }, false), outside, mondayNoon).action, "relay");
    assert.equal(decide(aCall(), spent({ relayed: 10 }), outside, mondayNoon).action, "redirect");
  });
});
