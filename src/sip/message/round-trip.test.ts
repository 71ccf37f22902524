import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { rfc4475 } from "../../../test/vectors/rfc4475.ts";
import { rfc5118 } from "../../../test/vectors/rfc5118.ts";
import { headerRows } from "./header-registry.ts";
import { Headers } from "./headers.ts";
import { SipRequest, SipResponse } from "./message.ts";
import type { SipMessage } from "./message.ts";
import { parseMessage } from "./parse.ts";
import { serializeMessage } from "./serialize.ts";

/** Everything that a message consists of. */
function parts(message: SipMessage): unknown {
  const headers = [...message.headers.entries()].filter(([name]) => name !== "Content-Length");
  const body = message.body.toString("latin1");
  if (message.kind === "request") return [message.method, message.requestUri, headers, body];
  return [message.status, message.reason, headers, body];
}

function parseAgain(message: SipMessage): SipMessage {
  const result = parseMessage(serializeMessage(message));
  assert.ok(result.ok, result.ok ? "" : result.failure.reason);
  return result.value;
}

const token = fc.stringMatching(/^[a-zA-Z0-9.!%*_+`'~-]{1,15}$/);
/** Octets as they may stand in a field, none of them around it. */
const value = fc
  .string({
    unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
    maxLength: 60,
  })
  .map((text) => text.replace(/^[ \t]+|[ \t]+$/g, ""));
const once = new Set(headerRows.filter((row) => row.onceBit !== 0).map((row) => row.name));
const otherName = fc.oneof(
  token.filter((name) =>
    headerRows.every(
      (row) => row.name.toLowerCase() !== name.toLowerCase() && row.compact !== name.toLowerCase(),
    ),
  ),
  fc.constantFrom(...headerRows.map((row) => row.name).filter((name) => !once.has(name) && name !== "Via")),
);

const message = fc
  .record({
    method: token,
    status: fc.integer({ min: 100, max: 699 }),
    reason: value,
    isRequest: fc.boolean(),
    tag: token,
    callId: fc.stringMatching(/^[!-~]{1,30}$/),
    number: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    others: fc.array(fc.tuple(otherName, value), { maxLength: 12 }),
    body: fc.uint8Array({ maxLength: 80 }),
  })
  .map((made): SipMessage => {
    const headers = new Headers([
      ["Via", `SIP/2.0/UDP [2001:db8::1]:5061;branch=z9hG4bK${made.tag};rport`],
      ["From", `"x, y" <sip:a@example.com>;tag=${made.tag}`],
      ["To", "<sip:b@example.com>"],
      ["Call-ID", made.callId],
      ["CSeq", `${made.number} ${made.method}`],
      ...made.others,
    ]);
    const body = Buffer.from(made.body);
    return made.isRequest
      ? new SipRequest(made.method, "sip:b@example.com", headers, body)
      : new SipResponse(made.status, made.reason, headers, body);
  });

describe("parse and serialize", () => {
  it("give back the message that was made, unknown headers and order included", () => {
    fc.assert(
      fc.property(message, (made) => {
        assert.deepEqual(parts(parseAgain(made)), parts(made));
      }),
      { numRuns: 500 },
    );
  });

  it("give back every torture message that can be parsed, octet by octet the second time", () => {
    for (const vector of [...rfc4475, ...rfc5118]) {
      const result = parseMessage(vector.bytes);
      if (!result.ok) continue;
      const again = parseAgain(result.value);
      assert.deepEqual(parts(again), parts(result.value), vector.name);
      assert.deepEqual(serializeMessage(again), serializeMessage(result.value), vector.name);
    }
  });
});
