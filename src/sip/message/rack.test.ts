import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { incomingRequest, responseTo } from "../../../test/support/messages.ts";
import type { HeaderField } from "./build.ts";
import { readRAck, readReliability, readRSeq, serializeRAck } from "./rack.ts";

function rack(text: string) {
  return readRAck(incomingRequest("PRACK", { headers: [["RAck", text]] }));
}

function rseq(status: number, ...headers: readonly HeaderField[]) {
  const response = responseTo(incomingRequest("INVITE"), status);
  for (const [name, value] of headers) response.headers.append(name, value);
  return readRSeq(response);
}

describe("RAck", () => {
  it("is read as it is written, for all numbers below 2**32", () => {
    const number = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(
        number,
        number,
        fc.constantFrom("INVITE", "invite", "X-y"),
        (responseNumber, sequence, method) => {
          const value = { responseNumber, sequence, method };
          assert.deepEqual(rack(serializeRAck(value)), value);
        },
      ),
    );
  });

  it("is nothing where it is not of that form", () => {
    for (const text of [
      "",
      "1",
      "1 2",
      "INVITE",
      "1 2 INVITE x",
      "1 INVITE 2",
      "4294967296 1 INVITE",
      "1, 2 INVITE",
    ]) {
      assert.equal(rack(text), undefined, text);
    }
    assert.deepEqual(rack("  776656 \t 1   INVITE "), {
      responseNumber: 776656,
      sequence: 1,
      method: "INVITE",
    });
  });
});

describe("RSeq", () => {
  it("counts in a provisional response that requires 100rel, and in no other", () => {
    const required = ["Require", "timer, 100Rel"] as const;
    assert.equal(rseq(180, required, ["RSeq", "7"]), 7);
    assert.equal(rseq(180, ["RSeq", "7"]), undefined);
    assert.equal(rseq(180, required), undefined);
    assert.equal(rseq(180, required, ["RSeq", "4294967296"]), undefined);
    assert.equal(rseq(100, required, ["RSeq", "7"]), undefined);
    assert.equal(rseq(200, required, ["RSeq", "7"]), undefined);
  });
});

describe("100rel in a request", () => {
  it("is asked for, known, or unheard of", () => {
    const of = (...headers: readonly HeaderField[]) =>
      readReliability(incomingRequest("INVITE", { headers }));
    assert.equal(of(), "unknown");
    assert.equal(of(["Supported", "timer"], ["k", "replaces, 100REL"]), "supported");
    assert.equal(of(["Supported", "100rel"], ["Require", "100rel"]), "required");
  });
});
