import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { citationsIn, renderPage } from "../scripts/conformance.ts";

describe("docs/sip/conformance.md", () => {
  it("lists the RFC sections as they are cited; `node scripts/conformance.ts` brings it up to date", () => {
    const written = readFileSync(new URL("../docs/sip/conformance.md", import.meta.url), "utf8");
    assert.equal(written, renderPage(written));
  });

  it("reads several citations off one line, each section with the RFC before it", () => {
    assert.deepEqual(
      citationsIn("// RFC 3261 §8.3, §21.3.3; RFC 5359 §2.7: a redirect.\n// RFC 8767 has more"),
      [
        ["3261", "8.3"],
        ["3261", "21.3.3"],
        ["5359", "2.7"],
        ["8767", ""],
      ],
    );
  });

  it("takes a section without an RFC on its line for somebody else's", () => {
    assert.deepEqual(citationsIn("// RFC 3261 §5\n// §6 of the design"), [["3261", "5"]]);
  });
});
