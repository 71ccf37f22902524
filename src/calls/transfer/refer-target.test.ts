import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Session } from "../../sip/user-agent.ts";
import { createRequest, parseNameAddr, parseSipUri } from "../../sip/user-agent.ts";
import { readReferTarget, referHeaders } from "./refer-target.ts";

const line = { id: "101", domain: "pbx.example", uri: "sip:101@pbx.example" };
type DialogId = Parameters<Session["beside"]>[0];

/** A phone's leg beside which there is no other call. */
const alone: Pick<Session, "beside"> = { beside: () => undefined };

function read(...values: readonly string[]) {
  return readWith(alone, ...values);
}

function readWith(session: Pick<Session, "beside">, ...values: readonly string[]) {
  const request = createRequest({
    method: "REFER",
    requestUri: "sip:101@divert.example",
    from: "<sip:101@divert.example>;tag=a",
    to: "<sip:102@divert.example>;tag=b",
    callId: "call",
    cseq: 2,
    headers: values.map((value) => ["Refer-To", value] as const),
  });
  return readReferTarget(request, session, "192.0.2.1", line);
}

function told(value: string): string | number {
  const target = read(value);
  return target.ok ? (referHeaders(target.value, line)[0]?.[1] ?? "") : target.failure;
}

describe("the target of a REFER", () => {
  it("is told to the PBX at its own domain, whatever host the phone knows it by", () => {
    assert.equal(told("<sip:103@divert.example>"), "<sip:103@pbx.example>");
    assert.equal(told("sip:*21%23@x;transport=tcp"), "<sip:*21%23@pbx.example>");
    assert.equal(told("<tel:+498912345>"), "<sip:+498912345@pbx.example>");
    assert.deepEqual(referHeaders({ kind: "number", user: "1", uri: "sip:1@x" }, line)[1], [
      "Referred-By",
      "<sip:101@pbx.example>",
    ]);
  });

  it("is one, somebody, and to be called", () => {
    const failureOf = (...values: readonly string[]) => {
      const target = read(...values);
      return target.ok ? undefined : target.failure;
    };
    assert.equal(failureOf(), 400);
    assert.equal(failureOf("<sip:1@x>", "<sip:2@x>"), 400);
    assert.equal(failureOf("<sip:x>"), 400);
    assert.equal(failureOf("<http://x>"), 416);
    assert.equal(failureOf("<sip:1@x;method=SUBSCRIBE>"), 501);
    assert.equal(failureOf("<sip:1@x;method=INVITE>"), undefined);
    assert.equal(failureOf("<sip:1@x?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>"), 404);
  });

  it("names the dialog that the phone means, whatever is escaped and how (RFC 3891 §6.1)", () => {
    const marks = fc.constantFrom(..."abcXYZ019-.!%*_+`'~".split(""));
    const token = fc.array(marks, { minLength: 1 }).map((parts) => parts.join(""));
    const callId = fc
      .tuple(token, fc.option(token))
      .map(([word, host]) => word + (host === null ? "" : `@${host}`));
    const everything = (text: string): string =>
      [...Buffer.from(text)].map((octet) => `%${octet.toString(16).padStart(2, "0")}`).join("");
    const sparing = (text: string): string => encodeURIComponent(text).replaceAll("%3D", "=");
    const escapes = fc.constantFrom(encodeURIComponent, everything, sparing);
    fc.assert(
      fc.property(callId, token, token, escapes, (id, toTag, fromTag, escape) => {
        const named: DialogId[] = [];
        const session: Pick<Session, "beside"> = {
          beside: (dialog) => {
            named.push(dialog);
            return undefined;
          },
        };
        const value = `${id};to-tag=${toTag};from-tag=${fromTag}`;
        const escaped = escape(value);
        const target = readWith(session, `<sip:105@divert.example?Subject=x&Replaces=${escaped}>`);
        assert.deepEqual(target, { ok: false, failure: 404 });
        // Towards the phone the end that is asked is us.
        assert.deepEqual(named, [{ callId: id, localTag: toTag, remoteTag: fromTag }]);
      }),
    );
  });

  it("never brings more to the PBX than a user part, whatever it holds", () => {
    const piece = fc.constantFrom(
      "sip:",
      "tel:",
      "103",
      "@",
      "<",
      ">",
      "?",
      "&",
      "=",
      ";",
      "%",
      "%0d%0a",
      "\r\n",
      ",",
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(piece).map((pieces) => pieces.join("")),
    );
    fc.assert(
      fc.property(text, (value) => {
        const target = read(value);
        if (!target.ok) {
          assert.ok([400, 404, 416, 501].includes(target.failure));
          return;
        }
        const [, referTo = ""] = referHeaders(target.value, line)[0] ?? [];
        const address = parseNameAddr(referTo);
        const uri = parseSipUri(address?.uri ?? "");
        assert.equal(uri?.host, "pbx.example");
        assert.equal(uri.headers, undefined);
        assert.equal(uri.parameters.size, 0);
        assert.equal(address?.parameters.size, 0);
        assert.doesNotMatch(referTo, /[\r\n]/);
      }),
      { numRuns: 2_000 },
    );
  });
});
