import assert from "node:assert/strict";
import { test } from "node:test";
import { explainChain, findChains, type ChainLink } from "./chains.ts";
import type { Callers, When } from "./rules.ts";

function link(target: string, when: When = "always", callers: Callers = "all", enabled = true): ChainLink {
  return { rule: { when, callers, enabled }, target };
}

function chainsOf(start: string, lines: Readonly<Record<string, readonly ChainLink[]>>, limit = 5) {
  return findChains(start, (identity) => lines[identity] ?? [], limit);
}

test("two lines that forward to each other are a loop for everyone", () => {
  const chains = chainsOf("101", { "101": [link("102")], "102": [link("101")] });
  assert.deepEqual(chains, [
    { kind: "loop", caller: "internal", path: ["101", "102", "101"], unconditional: true },
    { kind: "loop", caller: "external", path: ["101", "102", "101"], unconditional: true },
  ]);
  assert.match(explainChain(chains[0]!), /form a loop for internal calls, always: 101 → 102 → 101/);
});

test("rules for other callers do not meet", () => {
  const lines = { "101": [link("102", "always", "internal")], "102": [link("101", "always", "external")] };
  assert.deepEqual(chainsOf("101", lines), []);
});

test("a loop further down the way is found, and that it depends on busy lines is told", () => {
  const lines = { "101": [link("102")], "102": [link("103", "busy")], "103": [link("102")] };
  const [chain] = chainsOf("101", lines);
  assert.deepEqual(chain, {
    kind: "loop",
    caller: "internal",
    path: ["101", "102", "103", "102"],
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
  assert.ok(findChains("0", (identity) => lines.get(identity) ?? [], 50).length <= 2);
});
