import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createResponse } from "./build.ts";
import type { SipRequest } from "./message.ts";
import { isKeepAlive, parseMessage } from "./parse.ts";
import { serializeMessage } from "./serialize.ts";

const needed = [
  "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1",
  "From: <sip:a@example.com>;tag=1",
  "To: <sip:b@example.com>",
  "Call-ID: c1",
  "CSeq: 1 INVITE",
];

function datagram(
  lines: readonly string[],
  body = "",
  startLine = "INVITE sip:b@example.com SIP/2.0",
): Buffer {
  return Buffer.from([startLine, ...lines, "", body].join("\r\n"), "latin1");
}

function parseRequest(bytes: Buffer): SipRequest {
  const result = parseMessage(bytes);
  assert.ok(result.ok, result.ok ? "" : result.failure.reason);
  assert.ok(result.value.kind === "request");
  return result.value;
}

function failureOf(bytes: Buffer) {
  const result = parseMessage(bytes);
  assert.ok(!result.ok);
  return result.failure;
}

describe("a datagram", () => {
  it("gives a request whose headers are read on first use", () => {
    const request = parseRequest(datagram([...needed, "Max-Forwards: 0068", "X-Odd : 1"], "body"));
    assert.equal(request.method, "INVITE");
    assert.equal(request.uri?.user, "b");
    assert.equal(request.topVia?.branch, "z9hG4bK1");
    assert.equal(request.fromTag, "1");
    assert.equal(request.toTag, undefined);
    assert.equal(request.callId, "c1");
    assert.deepEqual(request.cseq, { number: 1, method: "INVITE" });
    assert.equal(request.maxForwards, 68);
    assert.equal(request.headers.get("x-odd"), "1");
    assert.equal(request.body.toString(), "body");
  });

  it("reads the headers anew when they have changed", () => {
    const request = parseRequest(datagram(needed));
    assert.equal(request.toTag, undefined);
    request.headers.set("To", "<sip:b@example.com>;tag=2");
    assert.equal(request.toTag, "2");
    request.headers.replaceFirstValue("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1;received=192.0.2.7");
    assert.equal(request.topVia?.received, "192.0.2.7");
    request.headers.prepend("Via", "SIP/2.0/TCP top;branch=z9hG4bK0");
    assert.deepEqual(
      request.vias.map((via) => via.host),
      ["top", "192.0.2.1"],
    );
  });

  it("may begin with empty lines, fold its lines and use compact names", () => {
    const text =
      "\r\n\r\nINVITE sip:b@example.com SIP/2.0\r\nv: SIP/2.0/UDP 192.0.2.1\r\n\t;branch=z9hG4bK1\r\nf:\r\n <sip:a@example.com>\r\n  ;tag=1\r\n" +
      "t: <sip:b@example.com>\r\ni: c1\r\nCSeq: 1\r\n INVITE\r\nSubject: one \r\n \r\n two\r\nl: 0\r\n\r\n";
    const request = parseRequest(Buffer.from(text));
    assert.equal(request.topVia?.branch, "z9hG4bK1");
    assert.equal(request.fromTag, "1");
    assert.equal(request.headers.get("s"), "one  two");
  });

  it("loses what is beyond its Content-Length and has all the rest as body without one", () => {
    assert.equal(parseRequest(datagram([...needed, "Content-Length: 2"], "body")).body.toString(), "bo");
    assert.equal(parseRequest(datagram(needed, "body")).body.toString(), "body");
  });

  it("keeps octets that are no UTF-8 as they are", () => {
    const request = parseRequest(datagram([...needed, "Subject: \xe0\xff\xa0"]));
    assert.equal(request.headers.get("Subject"), "\xe0\xff\xa0");
  });

  it("is refused with 400 for what makes its meaning doubtful", () => {
    const cases: [string, Buffer][] = [
      ["body cut short", datagram([...needed, "Content-Length: 5"], "body")],
      ["Content-Length", datagram([...needed, "Content-Length: -1"])],
      ["Content-Length", datagram([...needed, "Content-Length: 5,6"])],
      ["Content-Length", datagram([...needed, "Content-Length: five"])],
      ["Content-Length", datagram([...needed, "Content-Length: " + "9".repeat(40)])],
      ["second Content-Length", datagram([...needed, "l: 0", "Content-Length: 0"])],
      ["second Call-ID", datagram([...needed, "i: c2"])],
      ["Max-Forwards", datagram([...needed, "Max-Forwards: 256"])],
      ["Max-Forwards", datagram([...needed, "Max-Forwards: "])],
      ["line without colon", datagram([...needed, "nonsense"])],
      ["header name", datagram([...needed, "X Y: 1"])],
      ["header name", datagram([...needed, ": 1"])],
      ["bare line feed", datagram([...needed, "Subject: a\nX-Evil: 1"])],
      ["bare carriage return", datagram([...needed, "Subject: a\rX-Evil: 1"])],
      ["bare carriage return", datagram([...needed, "Subject: a\r"])],
      ["bare carriage return", datagram([...needed, "Subject: a\r\n b\rX-Evil: 1"])],
      ["bare line feed", datagram([...needed, "Subject: a\r\n b\nX-Evil: 1"])],
      ["NUL in the head", datagram([...needed, "Subject: a\0b"])],
      ["head without end", Buffer.from(["INVITE sip:b@example.com SIP/2.0", ...needed].join("\r\n"))],
      ["Call-ID", datagram(needed.map((line) => line.replace("c1", "")))],
      ["Call-ID", datagram(needed.map((line) => line.replace("c1", "c 1")))],
      ["CSeq", datagram(needed.map((line) => line.replace("CSeq: 1 ", "CSeq: 2147483648 ")))],
      ["From", datagram(needed.map((line) => line.replace("<sip:a", '"<sip:a')))],
      ["To", datagram(needed.filter((line) => !line.startsWith("To")))],
      ["CSeq of another method", datagram(needed.map((line) => line.replace("1 INVITE", "1 BYE")))],
      ["Request-URI", datagram(needed, "", "INVITE sip:b@[x] SIP/2.0")],
      ["headers in the Request-URI", datagram(needed, "", "INVITE sip:b@c?X=y SIP/2.0")],
    ];
    for (const [reason, bytes] of cases) {
      const failure = failureOf(bytes);
      assert.equal(failure.reason, reason);
      assert.equal(failure.status, 400, reason);
      assert.ok(failure.respondable?.topVia, reason);
    }
  });

  it("gives nothing back that could end a line elsewhere, when it is answered", () => {
    const failure = failureOf(
      datagram(needed.map((line) => line.replace("<sip:b@", '"\rEvil: 1\0" <sip:b@'))),
    );
    assert.ok(failure.respondable);
    const answer = serializeMessage(createResponse(failure.respondable, 400)).toString("latin1");
    assert.doesNotMatch(answer.replaceAll("\r\n", ""), /[\r\n\0]/);
  });

  it("is refused with 513 when it has more fields than is reasonable", () => {
    const failure = failureOf(
      datagram([...needed, ...Array.from({ length: 5000 }, (_, index) => `X-${index}: y`)]),
    );
    assert.equal(failure.status, 513);
    assert.equal(failure.respondable?.headers.size, 1024);
  });

  it("deserves no answer when it is an ACK, a response, or has no Via to go by", () => {
    const ack = needed.map((line) => line.replace("1 INVITE", "1 ACK"));
    assert.equal(
      failureOf(datagram([...ack, "i: c2"], "", "ACK sip:b@example.com SIP/2.0")).respondable,
      undefined,
    );
    assert.equal(failureOf(datagram([...needed, "i: c2"], "", "SIP/2.0 200 OK")).respondable, undefined);
    assert.equal(failureOf(datagram(needed.slice(1))).respondable, undefined);
  });

  it("is no SIP and gets no answer when it is HTTP, TLS, STUN or noise", () => {
    for (const text of [
      "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
      "\x16\x03\x01\x02\0",
      "\0\x01\0\0!\x12\xa4B",
      "x",
      "   ",
      "\r\n\r\nx",
    ]) {
      const failure = failureOf(Buffer.from(text, "latin1"));
      assert.equal(failure.reason, "not SIP");
      assert.equal(failure.respondable, undefined);
    }
  });

  it("keeps a path alive when there is nothing in it", () => {
    for (const text of ["", "\r\n", "\r\n\r\n", "\0", "\0\0\0\0"])
      assert.ok(isKeepAlive(Buffer.from(text, "latin1")));
    assert.ok(!isKeepAlive(Buffer.from("\r\nx")));
  });

  it("gives a response with any reason, none included", () => {
    for (const [line, reason] of [
      ["SIP/2.0 200 OK", "OK"],
      ["SIP/2.0 486 Busy: here / now", "Busy: here / now"],
      ["SIP/2.0 100 ", ""],
      ["SIP/2.0 100", ""],
    ] as const) {
      const result = parseMessage(datagram(needed, "", line));
      assert.ok(result.ok && result.value.kind === "response");
      assert.equal(result.value.reason, reason);
    }
    for (const line of [
      "SIP/2.0 700 X",
      "SIP/2.0 99 X",
      "SIP/2.0 2000 X",
      "SIP/2.0 abc",
      "SIP/2.0  200 OK",
    ]) {
      assert.equal(failureOf(datagram(needed, "", line)).respondable, undefined, line);
    }
  });
});
