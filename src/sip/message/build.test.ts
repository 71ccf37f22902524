import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { copyRequest, createRequest, createResponse, reasonPhrase } from "./build.ts";
import { parseMessage } from "./parse.ts";
import { serializeMessage } from "./serialize.ts";

function request(method = "INVITE", headers: [string, string][] = []) {
  return createRequest({
    method,
    requestUri: "sip:102@pbx.example",
    from: { displayName: 'Anna "A"', uri: "sip:101@pbx.example", parameters: new Map([["tag", "f1"]]) },
    to: "sip:102@pbx.example",
    callId: "c1",
    cseq: 7,
    headers,
  });
}

describe("createRequest", () => {
  it("makes a request that parses to what was asked for once it has a Via", () => {
    const made = request();
    made.headers.prepend("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1");
    const result = parseMessage(serializeMessage(made));
    assert.ok(result.ok && result.value.kind === "request");
    assert.equal(result.value.maxForwards, 70);
    assert.equal(result.value.from.displayName, 'Anna "A"');
    assert.deepEqual(result.value.cseq, { number: 7, method: "INVITE" });
    assert.equal(result.value.headers.get("Content-Length"), "0");
  });

  it("refuses a start line that would not be one: that is a bug", () => {
    const parts = { from: "<sip:a@b>", to: "<sip:c@d>", callId: "1", cseq: 1 };
    for (const requestUri of ["sip:a@b\r\nEvil: 1", "sip:a b", "", "nothing"]) {
      assert.throws(() => createRequest({ ...parts, method: "INVITE", requestUri }), TypeError);
    }
    assert.throws(() => createRequest({ ...parts, method: "IN VITE", requestUri: "sip:a@b" }), TypeError);
  });

  it("is copied with headers of its own", () => {
    const made = request();
    const copy = copyRequest(made, { requestUri: "sip:103@pbx.example" });
    copy.headers.set("CSeq", "8 INVITE");
    assert.equal(made.cseq.number, 7);
    assert.equal(copy.cseq.number, 8);
    assert.equal(copy.requestUri, "sip:103@pbx.example");
  });
});

describe("createResponse", () => {
  const asked = request("INVITE", [
    ["Via", "SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b;branch=2"],
    ["Via", "SIP/2.0/UDP c;branch=3"],
    ["Record-Route", "<sip:p1;lr>"],
    ["Record-Route", "<sip:p2;lr>"],
    ["Timestamp", "54"],
    ["User-Agent", "x"],
  ]);

  it("copies Via, From, To, Call-ID and CSeq as they came", () => {
    const response = createResponse(asked, 486, undefined, { toTag: "t1" });
    assert.equal(response.reason, "Busy Here");
    assert.deepEqual(response.headers.all("Via"), asked.headers.all("Via"));
    assert.equal(response.headers.get("From"), asked.headers.get("From"));
    assert.equal(response.headers.get("To"), "sip:102@pbx.example;tag=t1");
    assert.equal(response.toTag, "t1");
    assert.equal(response.callId, "c1");
    assert.equal(response.headers.has("User-Agent"), false);
    assert.equal(response.headers.has("Record-Route"), false);
  });

  it("leaves a tag that is there, and gives a 100 none", () => {
    const within = copyRequest(asked);
    within.headers.set("To", "<sip:102@pbx.example>;tag=old");
    assert.equal(createResponse(within, 200, undefined, { toTag: "new" }).toTag, "old");
    const trying = createResponse(asked, 100, undefined, { toTag: "new" });
    assert.equal(trying.toTag, undefined);
    assert.equal(trying.headers.get("Timestamp"), "54");
  });

  it("carries the route of a dialog that it may set up", () => {
    assert.deepEqual(createResponse(asked, 180).headers.all("Record-Route"), ["<sip:p1;lr>", "<sip:p2;lr>"]);
    assert.equal(createResponse(asked, 100).headers.has("Record-Route"), false);
    assert.equal(createResponse(asked, 302).headers.has("Record-Route"), false);
  });

  it("cannot be given a header that adds a line", () => {
    const response = createResponse(asked, 302, "Moved\r\nEvil: 1", {
      headers: [["Contact", "<sip:a@b>\r\nEvil: 1"]],
    });
    const lines = serializeMessage(response).toString("latin1").split("\r\n");
    assert.ok(lines.every((line) => !line.startsWith("Evil")));
  });
});

describe("reasonPhrase", () => {
  it("knows the usual ones and falls back on the class", () => {
    assert.equal(reasonPhrase(302), "Moved Temporarily");
    assert.equal(reasonPhrase(499), "Bad Request");
  });
});
