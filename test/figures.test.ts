import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { renderFigures } from "../scripts/figures.ts";

it("docs/sip/figures.md shows the machines as they are; `node scripts/figures.ts` brings it up to date", () => {
  const written = readFileSync(new URL("../docs/sip/figures.md", import.meta.url), "utf8");
  assert.equal(written, renderFigures());
});
