import assert from "node:assert/strict";
import { test } from "node:test";
import { explainChain, findChains, type ChainLink } from "./chains.ts";
import type { Callers, When } from "./rules.ts";

function link(target: string, when: When = "always", callers: Callers = "all", enabled = true): ChainLink {
  return { rule: { when, callers, enabled }, target };
}

/** Chains of the first rule of the line `start`. */
function chainsOf(start: string, lines: Readonly<Record<string, readonly ChainLink[]>>, limit = 5) {
  const [rule] = lines[start] ?? [];
  assert.ok(rule);
  return findChains(start, rule, (identity) => lines[identity] ?? [], limit);
}

test("two lines that forward to each other are one loop, for everyone, whichever rule is set", () => {
  const lines = { "101": [link("102")], "102": [link("101")] };
  const loop = { kind: "loop", callers: "all", path: ["101", "102", "101"], unconditional: true } as const;
  assert.deepEqual(chainsOf("101", lines), [loop]);
  assert.deepEqual(chainsOf("102", lines), [loop]);
  assert.match(explainChain(loop), /form a loop for all calls, always: 101 → 102 → 101\./);
});

test("each class of caller has its own way", () => {
  const lines = {
    "101": [link("102")],
    "102": [link("101", "always", "internal"), link("103", "always", "external")],
    "103": [link("101")],
  };
  assert.deepEqual(
    chainsOf("101", lines).map(({ callers, path }) => [callers, path.join(" ")]),
    [
      ["internal", "101 102 101"],
      ["external", "101 102 103 101"],
    ],
  );
});

test("a loop that the rule only leads to is not its own", () => {
  assert.deepEqual(chainsOf("100", { "100": [link("101")], "101": [link("102")], "102": [link("101")] }), []);
  const lines = { "101": [link("500", "busy"), link("102")], "102": [link("101")] };
  assert.deepEqual(chainsOf("101", lines), []);
});

test("rules for other callers do not meet", () => {
  const lines = { "101": [link("102", "always", "internal")], "102": [link("101", "always", "external")] };
  assert.deepEqual(chainsOf("101", lines), []);
});

test("a loop over several lines is found, and that it depends on busy lines is told", () => {
  const lines = { "102": [link("103", "busy")], "103": [link("104")], "104": [link("102")] };
  const [chain] = chainsOf("103", lines);
  assert.deepEqual(chain, {
    kind: "loop",
    callers: "all",
    path: ["102", "103", "104", "102"],
    unconditional: false,
  });
  assert.match(explainChain(chain), /when all these rules apply/);
});

test("what is switched off leads nowhere, and a chain with an end is none to warn of", () => {
  assert.deepEqual(
    chainsOf("101", { "101": [link("102")], "102": [link("101", "always", "all", false)] }),
    [],
  );
  assert.deepEqual(chainsOf("101", { "101": [link("102")], "102": [link("+4989123456")] }), []);
});

test("a way with more diversions than a call may have is told", () => {
  const lines = Object.fromEntries(
    Array.from({ length: 9 }, (_, line) => [`${line}`, [link(`${line + 1}`)]]),
  );
  const [chain] = chainsOf("0", lines);
  assert.equal(chain?.kind, "long");
  assert.match(explainChain(chain), /more diversions than one call may have/);
});

test("many rules among many lines are searched in bounded time", () => {
  const lines = new Map<string, ChainLink[]>();
  for (let line = 0; line < 200; line += 1) {
    lines.set(
      `${line}`,
      [1, 2, 3, 4].map((step) => link(`${line + step}`, "busy")),
    );
  }
  assert.ok(findChains("0", link("1"), (identity) => lines.get(identity) ?? [], 50).length <= 2);
});
