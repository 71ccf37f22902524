import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { incomingRequest, responseTo } from "../../../test/support/messages.ts";
import { agreeOnInterval, offerHeaders, readIntervalRequest } from "./session-interval.ts";

const knows = ["Supported", "timer"] as const;

function offerOf(...headers: (readonly [string, string])[]) {
  const read = readIntervalRequest(incomingRequest("INVITE", { headers }));
  assert.equal(read.verdict, "offer");
  return read.offer;
}

function agree(offer: ReturnType<typeof offerOf> | undefined, answered?: string) {
  const success = responseTo(incomingRequest("INVITE"), 200);
  if (answered !== undefined) success.headers.set("Session-Expires", answered);
  return agreeOnInterval(offer, success);
}

describe("what an INVITE asks for", () => {
  it("is nothing when it neither names an interval nor knows of any", () => {
    assert.deepEqual(readIntervalRequest(incomingRequest("INVITE")), { verdict: "none" });
  });

  it("is passed on as it came, the refresher with it", () => {
    const offer = offerOf(knows, ["Session-Expires", "600;refresher=uas"], ["Min-SE", "120"]);
    assert.deepEqual(offerHeaders(offer), [
      ["Session-Expires", "600;refresher=uas"],
      knows,
      ["Min-SE", "120"],
    ]);
    assert.deepEqual(offerHeaders(offerOf(knows, ["x", "3600"])), [["Session-Expires", "3600"], knows]);
  });

  it("is the usual half hour for a caller that knows of it and names none, and never below its own least", () => {
    assert.deepEqual(offerHeaders(offerOf(knows)), [["Session-Expires", "1800"], knows]);
    assert.equal(offerOf(knows, ["Min-SE", "3600"]).seconds, 3600);
  });

  it("is too brief below 90 seconds: 422 with Min-SE (RFC 4028 §8.1)", () => {
    const request = incomingRequest("INVITE", { headers: [knows, ["Session-Expires", "5"]] });
    assert.deepEqual(readIntervalRequest(request), {
      verdict: "tooBrief",
      status: 422,
      headers: [["Min-SE", "90"]],
    });
  });

  it("is raised for a caller that would not understand a 422", () => {
    assert.deepEqual(offerHeaders(offerOf(["Session-Expires", "5"])), [["Session-Expires", "90"]]);
  });

  it("is nothing that cannot be read", () => {
    for (const nonsense of ["soon", "-1", "90;;", "99999999999999"]) {
      const request = incomingRequest("INVITE", { headers: [["Session-Expires", nonsense]] });
      assert.deepEqual(readIntervalRequest(request), { verdict: "none" }, nonsense);
    }
  });
});

describe("what a 2xx agrees on", () => {
  it("is what the other end says, to whom it gives the refreshing", () => {
    const offer = offerOf(knows, ["Session-Expires", "600"]);
    assert.deepEqual(agree(offer, "300;refresher=uas"), {
      interval: 300,
      headers: [["Session-Expires", "300;refresher=uas"]],
    });
    assert.deepEqual(agree(offer, "300;refresher=uac").headers, [
      ["Session-Expires", "300;refresher=uac"],
      ["Require", "timer"],
    ]);
    assert.deepEqual(agree(undefined, "300").headers, [["Session-Expires", "300;refresher=uas"]]);
  });

  it("is the offer with the caller as refresher, when the other end does not know of it (RFC 4028 §8.2)", () => {
    assert.deepEqual(agree(offerOf(knows, ["Session-Expires", "600"])), {
      interval: 600,
      headers: [
        ["Session-Expires", "600;refresher=uac"],
        ["Require", "timer"],
      ],
    });
  });

  it("is nothing when neither end knows of it", () => {
    assert.deepEqual(agree(offerOf(["Session-Expires", "600"])), { interval: undefined, headers: [] });
    assert.deepEqual(agree(undefined), { interval: undefined, headers: [] });
  });

  it("is bounded, whatever an end asks for", () => {
    assert.equal(agree(undefined, "1;refresher=uas").interval, 90);
    assert.equal(agree(undefined, "4294967295;refresher=uas").interval, 86_400);
  });
});
