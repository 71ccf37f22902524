import assert from "node:assert/strict";
import { test } from "node:test";
import { readDiversions } from "./diversions.ts";

test("a call without a past has none", () => {
  assert.deepEqual(readDiversions([], []), { count: 0, diverting: [] });
});

test("Diversion counters are added up, and an absent one is one", () => {
  const diversions = [{ uri: "sip:110@pbx" }, { uri: "sip:111@pbx", counter: 3 }];
  assert.deepEqual(readDiversions(diversions, []), { count: 4, diverting: ["sip:110@pbx", "sip:111@pbx"] });
});

test("of History-Info the entries with a cause count, and those who led to them are the diverting ones", () => {
  const history = [
    { uri: "sip:110@pbx", index: "1" },
    { uri: "sip:102@pbx", index: "1.1", cause: 302 },
    { uri: "sip:103@pbx", index: "1.1.1", cause: 486 },
  ];
  assert.deepEqual(readDiversions([], history), { count: 2, diverting: ["sip:110@pbx", "sip:102@pbx"] });
});

test("a line that the call was merely sent to has not diverted it", () => {
  assert.deepEqual(readDiversions([], [{ uri: "sip:113@us", index: "1" }]), { count: 0, diverting: [] });
});

test("flat indexes: the entry before is the diverting one", () => {
  const history = [
    { uri: "sip:110@pbx", index: "1" },
    { uri: "sip:102@pbx", index: "2", cause: 302 },
  ];
  assert.deepEqual(readDiversions([], history).diverting, ["sip:110@pbx"]);
});

test("where the headers differ the greater count holds", () => {
  const history = [{ uri: "sip:102@pbx", index: "1.1", cause: 302 }];
  assert.equal(readDiversions([{ uri: "sip:110@pbx", counter: 3 }], history).count, 3);
  assert.equal(readDiversions([{ uri: "sip:110@pbx", counter: 0 }], history).count, 1);
});
