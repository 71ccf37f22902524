import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDecision, formatFault, formatTable, safeForTerminal } from "./print.ts";

test("a table's columns are as wide as they need to be", () => {
  assert.equal(
    formatTable(
      ["LINE", "TO"],
      [
        ["101", "102"],
        ["1000001", ""],
      ],
    ),
    "LINE     TO\n101      102\n1000001",
  );
});

test("what callers call themselves can neither move the cursor nor add a line", () => {
  assert.equal(safeForTerminal("\u001b[2Jevil\r\n\u202ename"), "\ufffd[2Jevil\ufffd\ufffd\ufffdname");
  assert.equal(formatTable(["FROM"], [["a\nb"]]).split("\n").length, 2);
  assert.equal(safeForTerminal("Jürgen Ünal 李"), "Jürgen Ünal 李");
});

test("a fault is told with its place, what is wrong, and the mend", () => {
  assert.equal(
    formatFault({
      place: "divert.yaml:3:5",
      path: "lines[0].password",
      message: "It is missing.",
      mend: "Give one.",
    }),
    "divert.yaml:3:5: lines[0].password: It is missing. Give one.",
  );
  assert.equal(formatFault({ path: "", message: "It is empty." }), "It is empty.");
});

test("a decision is told as an administrator says it", () => {
  assert.equal(formatDecision("redirect", 302, "500"), "redirect 302 -> 500");
  assert.equal(formatDecision("reject", 486), "reject 486");
  assert.equal(formatDecision("reject", 180), "ring 180");
});
