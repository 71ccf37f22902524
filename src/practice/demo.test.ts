import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { it } from "node:test";

it("npm start's program shows forwarded calls, a phone that answers, a second call and a no-answer, and ends cleanly on Ctrl-C", async (t) => {
  const program = spawn(process.execPath, ["src/practice/demo.ts"], { stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => program.kill("SIGKILL"));
  const exit = once(program, "exit");
  const errors: Buffer[] = [];
  program.stderr.on("data", (chunk: Buffer) => errors.push(chunk));

  const seen: string[] = [];
  for await (const line of createInterface({ input: program.stdout })) {
    seen.push(line);
    if (line.includes("no answer after")) break;
  }
  const calls = seen.filter((line) => /^\S+ -> \d+: /.test(line));
  const told = Buffer.concat([...errors]).toString() + seen.join("\n");
  assert.equal(
    calls[0],
    "105 -> 101: 302 -> 500 (always, internal callers; line idle; answered by 500)",
    told,
  );
  for (const call of [
    "106 -> 102: rings phone (no rule fits; internal caller; line idle; answered by the phone of 102)",
    "105 -> 102: 302 -> 500 (busy, all callers; internal caller; line busy; answered by 500)",
    "105 -> 103: 302 -> 106 (no answer after 4 s, all callers; internal caller; line idle; answered by 106)",
  ])
    assert.ok(calls.includes(call), told);

  const suggested = seen.filter((line) => line.includes("npx divert"));
  assert.deepEqual(
    suggested.map((line) => line.replace(/ --server http:\/\/\S+$/, "").trim()),
    [
      "npx divert forward set 104 always all 500",
      "npx divert explain 103 105",
      "npx divert line list",
      "npx divert calls",
      "npx divert check practice --ring 0",
    ],
  );

  program.stdout.resume();
  program.kill("SIGINT");
  assert.deepEqual(await exit, [0, null]);
  assert.equal(Buffer.concat(errors).toString(), "");
});
