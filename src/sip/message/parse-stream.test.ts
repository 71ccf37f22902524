import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { rfc4475 } from "../../../test/vectors/rfc4475.ts";
import { serializeMessage } from "./serialize.ts";
import { StreamParser } from "./parse-stream.ts";
import type { StreamEvent } from "./parse-stream.ts";

const needed =
  "Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\n" +
  "Call-ID: c1\r\nCSeq: 1 INVITE\r\n";

function request(extra: string, body = ""): Buffer {
  return Buffer.from(`INVITE sip:b@example.com SIP/2.0\r\n${needed}${extra}\r\n${body}`, "latin1");
}

/** What was told, in a form that can be compared. */
function told(events: Iterable<StreamEvent>): string[] {
  return Array.from(events, (event) => {
    if (event.kind === "message") return serializeMessage(event.message).toString("latin1");
    if (event.kind === "malformed")
      return `${event.isFatal ? "fatal" : "malformed"}: ${event.failure.reason}`;
    return event.kind;
  });
}

function feed(parser: StreamParser, chunks: Iterable<Buffer>): string[] {
  return Array.from(chunks, (chunk) => told(parser.push(chunk))).flat();
}

describe("a stream", () => {
  const bodies = Buffer.concat([
    request("Content-Length: 4\r\n", "v=0\n"),
    request("X-Bad name: 1\r\nContent-Length: 8\r\n", "\r\n\r\nINVI"),
    request("l : 0\r\n"),
  ]);

  it("tells the same messages wherever it is cut in two", () => {
    const whole = told(new StreamParser().push(bodies));
    assert.equal(whole.length, 3);
    assert.equal(whole[1], "malformed: header name");
    for (let cut = 0; cut <= bodies.length; cut++) {
      const parts = [Buffer.from(bodies.subarray(0, cut)), Buffer.from(bodies.subarray(cut))];
      assert.deepEqual(feed(new StreamParser(), parts), whole, `cut at ${cut}`);
    }
  });

  it("tells every torture message alike whole, octet by octet and cut anywhere", () => {
    for (const vector of rfc4475) {
      const whole = told(new StreamParser().push(vector.bytes)).filter((event) => event !== "pong");
      const octets = Array.from(vector.bytes, (octet) => Buffer.of(octet));
      const single = feed(new StreamParser(), octets).filter((event) => event !== "pong");
      assert.deepEqual(single, whole, vector.name);
      for (let cut = 1; cut < vector.bytes.length; cut += 7) {
        const parts = [vector.bytes.subarray(0, cut), vector.bytes.subarray(cut)];
        assert.deepEqual(
          feed(new StreamParser(), parts).filter((event) => event !== "pong"),
          whole,
          vector.name,
        );
      }
    }
  });

  it("tells a hundred messages of one segment in order, however it is cut", () => {
    const many = Buffer.concat(
      Array.from({ length: 100 }, (_, index) => request(`X: ${index}\r\nl: 3\r\n`, "abc")),
    );
    const whole = told(new StreamParser().push(many));
    assert.equal(whole.length, 100);
    fc.assert(
      fc.property(fc.array(fc.nat(many.length), { maxLength: 20 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), many.length];
        const parts = places.slice(1).map((end, index) => many.subarray(places[index], end));
        assert.deepEqual(feed(new StreamParser(), parts), whole);
      }),
      { numRuns: 30 },
    );
  });

  it("keeps a body that was told unharmed by what comes after", () => {
    const parser = new StreamParser();
    const message = request("l: 6\r\n", "abcdef");
    const bodiesTold: Buffer[] = [];
    for (const chunk of [
      message.subarray(0, 50),
      message.subarray(50),
      request("l: 6\r\n", "ghijkl"),
      message,
    ]) {
      for (const event of parser.push(Buffer.from(chunk))) {
        if (event.kind === "message") bodiesTold.push(event.message.body);
      }
    }
    assert.deepEqual(bodiesTold.map(String), ["abcdef", "ghijkl", "abcdef"]);
  });

  it("tells a ping for CRLF CRLF between messages and a pong for a single one", () => {
    const parser = new StreamParser();
    assert.deepEqual(told(parser.push(Buffer.from("\r\n\r\n"))), ["ping"]);
    assert.deepEqual(told(parser.push(Buffer.from("\r\n"))), ["pong"]);
    assert.deepEqual(told(parser.push(request("l: 0\r\n"))).length, 1);
    assert.deepEqual(told(parser.push(Buffer.from("\r"))), []);
    assert.deepEqual(told(parser.push(Buffer.from("\n\r"))), ["pong"]);
    assert.deepEqual(told(parser.push(Buffer.from("\n"))), ["ping"]);
    assert.equal(parser.isWithinMessage, false);
  });

  it("tells one ping for a million line breaks", () => {
    const parser = new StreamParser();
    assert.deepEqual(told(parser.push(Buffer.from("\r\n".repeat(1_000_000)))), ["ping"]);
    assert.equal(parser.isWithinMessage, false);
  });

  it("ends where the end of a message cannot be told", () => {
    for (const [length, reason] of [
      ["Content-Length: 4294967295\r\n", "body too long"],
      ["Content-Length: 9007199254740993\r\n", "Content-Length"],
      [`Content-Length: 1${"0".repeat(40)}\r\n`, "Content-Length"],
      ["Content-Length: -1\r\n", "Content-Length"],
      ["Content-Length: five\r\n", "Content-Length"],
      ["Content-Length: 5,6\r\n", "Content-Length"],
      ["Content-Length: 5\r\nl: 6\r\n", "second Content-Length"],
      ["Content-Length: 10485760\r\n", "body too long"],
      ["", "Content-Length"],
    ] as const) {
      const parser = new StreamParser();
      const events = parser.push(request(length, "0123456789"));
      assert.deepEqual(told(events), [`fatal: ${reason}`], length);
      const first = events[0];
      assert.ok(first?.kind === "malformed" && first.failure.respondable?.topVia);
      assert.deepEqual(parser.push(request("l: 0\r\n")), [], "nothing is taken after it");
    }
  });

  it("holds no more of an endless head than the limit, and says so", () => {
    const limits = { headBytes: 65_536, bodyBytes: 100, headerFields: 1024 };
    for (const filler of ["X-Long: " + "a".repeat(1_000_000), "X: y\r\n".repeat(200_000)]) {
      const parser = new StreamParser(limits);
      const bytes = Buffer.from(`INVITE sip:b@example.com SIP/2.0\r\n${needed}${filler}`);
      const events: string[] = [];
      for (let start = 0; start < bytes.length; start += 4096) {
        events.push(...told(parser.push(bytes.subarray(start, start + 4096))));
      }
      assert.equal(events.length, 1);
      assert.match(events[0] ?? "", /^fatal: (head too long|too many header fields)$/);
      assert.equal(parser.isWithinMessage, false);
    }
  });

  it("knows at the first octet that TLS, STUN and RTP are no SIP", () => {
    for (const text of ["\x16\x03\x01", "\0\x01\0\0", "\x80\0", " INVITE"]) {
      assert.deepEqual(told(new StreamParser().push(Buffer.from(text, "latin1"))), ["fatal: not SIP"]);
    }
    assert.deepEqual(told(new StreamParser().push(Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))), [
      "fatal: not SIP",
    ]);
  });

  it("waits for a body that is owed", () => {
    const parser = new StreamParser();
    assert.deepEqual(parser.push(request("l: 9999\r\n", "v=0")), []);
    assert.equal(parser.isWithinMessage, true);
  });
});
