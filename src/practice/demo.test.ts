import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { it } from "node:test";

it("npm start's program forwards a call, tells it in one line, and ends cleanly on Ctrl-C", async (t) => {
  const program = spawn(process.execPath, ["src/practice/demo.ts"], { stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => program.kill("SIGKILL"));
  const exit = once(program, "exit");
  const errors: Buffer[] = [];
  program.stderr.on("data", (chunk: Buffer) => errors.push(chunk));

  const seen: string[] = [];
  for await (const line of createInterface({ input: program.stdout })) {
    seen.push(line);
    if (/^\S+ -> \S+: 302 -> /.test(line)) break;
  }
  assert.equal(
    seen.at(-1),
    "105 -> 101: 302 -> 500 (always, internal callers; line idle; answered by 500)",
    Buffer.concat([...errors]).toString() + seen.join("\n"),
  );

  const suggested = seen.filter((line) => line.includes("npx divert"));
  assert.deepEqual(
    suggested.map((line) => line.replace(/ --server http:\/\/\S+$/, "").trim()),
    [
      "npx divert forward set 104 always all 500",
      "npx divert explain 103 105",
      "npx divert line list",
      "npx divert calls",
    ],
  );

  program.stdout.resume();
  program.kill("SIGINT");
  assert.deepEqual(await exit, [0, null]);
  assert.equal(Buffer.concat(errors).toString(), "");
});
