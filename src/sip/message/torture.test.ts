import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { rfc4475 } from "../../../test/vectors/rfc4475.ts";
import { rfc5118 } from "../../../test/vectors/rfc5118.ts";
import type { StreamVerdict, Vector } from "../../../test/vectors/vector.ts";
import { createResponse } from "./build.ts";
import { parseMessage } from "./parse.ts";
import { StreamParser } from "./parse-stream.ts";
import { serializeMessage } from "./serialize.ts";

describe("RFC 4475 and RFC 5118 torture messages", () => {
  it("are all there", () => {
    assert.equal(rfc4475.length, 49);
    assert.equal(rfc5118.length, 12);
    assert.equal(new Set([...rfc4475, ...rfc5118].map((vector) => vector.name)).size, 61);
  });

  for (const vector of [...rfc4475, ...rfc5118]) {
    it(`${vector.name} (${vector.section}) in a datagram: ${vector.parser}`, () => checkDatagram(vector));
    it(`${vector.name} (${vector.section}) in a stream`, () => checkStream(vector));
  }
});

function checkDatagram(vector: Vector): void {
  const result = parseMessage(vector.bytes);
  if (result.ok) {
    assert.equal(result.value.kind, vector.parser);
    return;
  }
  if (vector.parser === "drop") {
    assert.equal(result.failure.respondable, undefined);
    return;
  }
  const { respondable, status } = result.failure;
  assert.equal(status, vector.parser, result.failure.reason);
  assert.ok(respondable !== undefined);
  assert.ok(respondable.topVia, "an answer needs to know where to go");
  // The refusal itself is a message that anyone can read, where the request left anything to copy.
  const answer = serializeMessage(createResponse(respondable, status, undefined, { toTag: "t" }));
  assert.match(answer.toString("latin1"), new RegExp(`^SIP/2.0 ${status} `));
}

function checkStream(vector: Vector): void {
  const expected: StreamVerdict = vector.stream ?? { messages: 1, closes: false, waits: false };
  const parser = new StreamParser();
  const events = parser.push(vector.bytes);
  const seen: StreamVerdict = {
    messages: events.filter((event) => event.kind === "message").length,
    closes: events.some((event) => event.kind === "malformed" && event.isFatal),
    waits: parser.isWithinMessage,
  };
  assert.deepEqual(seen, expected);
}
