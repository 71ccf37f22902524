import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { fillEnvironment } from "./fill-environment.ts";

test("each ${env:NAME} gives way to its value; lines and comments stay where they were", () => {
  const file = [
    "# ${env:SECRET} in a comment is no value",
    "tokens:",
    '  - { name: a, role: admin, secret: "${env:SECRET}" }',
    "  - name: ${env:WHO}-b",
    "    secret: 'x${env:SECRET}${env:SECRET}' # why",
  ].join("\n");
  const filled = fillEnvironment(file, { SECRET: "s3", WHO: "me" });
  assert.deepEqual(parse(filled), {
    tokens: [
      { name: "a", role: "admin", secret: "s3" },
      { name: "me-b", secret: "xs3s3" },
    ],
  });
  assert.equal(filled.split("\n").length, 5);
  assert.match(filled, /^# \$\{env:SECRET\} in a comment/);
});

test("a value can hold anything and stays one value", () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      const filled = fillEnvironment("a: 1\nsecret: ${env:SECRET}\nb: 2", { SECRET: value });
      assert.deepEqual(parse(filled), { a: 1, secret: value, b: 2 });
    }),
  );
});

test("what is not set stays for the server to name, and so does a file that cannot be read", () => {
  assert.equal(fillEnvironment("secret: ${env:NOT_SET}", {}), "secret: ${env:NOT_SET}");
  assert.equal(fillEnvironment("a: [${env:X}", { X: "1" }), "a: [${env:X}");
});

test("in JSON too", () => {
  const filled = fillEnvironment('{"lines":[{"id":"1","password":"${env:P}"}]}', { P: 'q"\\' });
  assert.deepEqual(JSON.parse(filled), { lines: [{ id: "1", password: 'q"\\' }] });
});
