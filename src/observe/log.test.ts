import assert from "node:assert/strict";
import { test } from "node:test";
import { openLog } from "./log.ts";

function recordingLog(level: "debug" | "info" = "info") {
  const lines: string[] = [];
  const log = openLog({ level, destination: { write: (line) => void lines.push(line) } });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? "{}") as Record<string, unknown> };
}

test("a line is one JSON object with level, time, fields and a constant message", () => {
  const { log, lines, last } = recordingLog();
  log.child({ line: "101" }).info({ pbx: "hq" }, "line registered");
  assert.equal(lines.length, 1);
  const { time, ...rest } = last();
  assert.deepEqual(rest, { level: "info", line: "101", pbx: "hq", msg: "line registered" });
  assert.match(String(time), /^\d{4}-\d\d-\d\dT/);
});

test("what is below the level is not written", () => {
  const { log, lines } = recordingLog();
  log.debug({}, "packet");
  assert.equal(lines.length, 0);
});

test("secrets are replaced at any depth, whatever the spelling of their names", () => {
  const { log, lines } = recordingLog();
  log.child({ phone: { password: "canary-1" } }).warn(
    {
      Password: "canary-2",
      line: { "contact-token": "canary-3", list: [{ secret: "canary-4" }] },
      headers: { Authorization: "Digest canary-5", "Proxy-Authorization": "canary-6" },
    },
    "refused",
  );
  assert.doesNotMatch(lines.join(""), /canary/);
  assert.match(lines.join(""), /\[redacted\]/);
});

test("a peer's text can neither forge a line nor fill the disk", () => {
  const { log, lines } = recordingLog();
  log.info({ from: 'x"}\r\n{"level":"error","msg":"forged"}\u2028\u202Eevil\u0000' }, "call");
  log.info({ agent: "a".repeat(1_000_000) }, "call");
  assert.equal(lines.length, 2);
  for (const line of lines) {
    assert.doesNotMatch(line.trimEnd(), /[\u0000-\u001f\u2028\u202e]/);
    assert.ok(line.length < 3_000);
    JSON.parse(line);
  }
});

test("errors are told with name, message, stack and cause; cycles and depth end somewhere", () => {
  const { log, last } = recordingLog();
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  log.error({ error: new TypeError("outer", { cause: new Error("inner") }), circle }, "bug");
  const { error } = last() as {
    error: { name: string; message: string; stack: string; cause: { message: string } };
  };
  assert.equal(error.name, "TypeError");
  assert.equal(error.message, "outer");
  assert.equal(error.cause.message, "inner");
  assert.match(error.stack, /log\.test\.ts/);
});
