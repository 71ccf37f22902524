import assert from "node:assert/strict";
import { test } from "node:test";
import { Metrics } from "./metrics.ts";

test("calls are counted by action and rule", async () => {
  const metrics = new Metrics();
  metrics.countCall({ action: "redirect", when: "busy", callers: "external" });
  metrics.countCall({ action: "redirect", when: "busy", callers: "external" });
  metrics.countCall({ action: "reject" });
  const text = await metrics.text();
  assert.match(text, /divert_calls_total\{action="redirect",when="busy",callers="external"\} 2/);
  assert.match(text, /divert_calls_total\{action="reject",when="none",callers="none"\} 1/);
});

test("a gauge is read when somebody looks, and forgets what is no longer there", async () => {
  const metrics = new Metrics();
  let readings = [{ labels: ["hq", "registered"], value: 3 }];
  metrics.watch("divert_lines", "Lines by state.", ["pbx", "state"], () => readings);
  assert.match(await metrics.text(), /divert_lines\{pbx="hq",state="registered"\} 3/);
  readings = [{ labels: ["hq", "waiting"], value: 1 }];
  const text = await metrics.text();
  assert.match(text, /divert_lines\{pbx="hq",state="waiting"\} 1/);
  assert.doesNotMatch(text, /state="registered"/);
});
