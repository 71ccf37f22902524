import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createAnswer, createOffer } from "./test-media.ts";

const lines = (body: Buffer): string[] => body.toString("latin1").split("\r\n");

describe("the session descriptions of test calls", () => {
  it("offer G.711 to nobody, with the marker as session id", () => {
    const offer = lines(createOffer("4711"));
    assert.ok(offer.includes("o=divert 4711 1 IN IP4 0.0.0.0"));
    assert.ok(offer.includes("c=IN IP4 0.0.0.0"));
    assert.ok(offer.includes("m=audio 9 RTP/AVP 8 0"));
    assert.equal(offer.at(-1), "");
  });

  it("answer the first audio stream with its first format, and reject the others (RFC 3264 §6)", () => {
    const offer = Buffer.from(
      "v=0\r\nm=video 5000 RTP/AVP 96 97\r\nm=audio 4000 RTP/AVP 9 8 0\r\nm=audio 4002 RTP/AVP 8\r\n",
    );
    assert.deepEqual(
      lines(createAnswer(offer, "1")).filter((line) => line.startsWith("m=")),
      ["m=video 0 RTP/AVP 96", "m=audio 9 RTP/AVP 9", "m=audio 0 RTP/AVP 8"],
    );
  });

  it("offer themselves where nothing was offered", () => {
    assert.deepEqual(createAnswer(Buffer.alloc(0), "7"), createOffer("7"));
  });
});
