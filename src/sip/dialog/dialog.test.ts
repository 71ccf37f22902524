import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { incomingRequest, requestToSend } from "../../../test/support/messages.ts";
import type { Result } from "../../base/result.ts";
import { createResponse } from "../message/build.ts";
import { serializeSipUri } from "../message/uri.ts";
import { DialogTable } from "./dialog-table.ts";
import { Dialog } from "./dialog.ts";

const callerContact = ["Contact", "<sip:102@192.0.2.1:5062>"] as const;
const calleeContact = ["Contact", "<sip:token@192.0.2.2:5064>"] as const;
const recordRoutes = [
  ["Record-Route", "<sip:near-callee.example;lr>"],
  ["Record-Route", "<sip:near-caller.example;lr>"],
] as const;

function got(result: Result<Dialog, string>): Dialog {
  assert.ok(result.ok, result.ok ? "" : result.failure);
  return result.value;
}

/** Both ends of one call; the routes are those that proxies have written into it. */
function bothEnds(routes: readonly (readonly [string, string])[] = []) {
  const invite = incomingRequest("INVITE", { cseq: 7, headers: [callerContact, ...routes] });
  const success = createResponse(invite, 200, undefined, { toTag: "callee", headers: [calleeContact] });
  const caller = got(Dialog.ofClient(requestToSend("INVITE", { cseq: 7 }), success));
  const callee = got(Dialog.ofServer(invite, "callee"));
  return { invite, success, caller, callee };
}

describe("a dialog", () => {
  it("has the two tags crosswise at its two ends (RFC 3261 §12.1)", () => {
    const { caller, callee } = bothEnds();
    assert.deepEqual(caller.id, { callId: "call-1", localTag: "caller", remoteTag: "callee" });
    assert.deepEqual(callee.id, { callId: "call-1", localTag: "callee", remoteTag: "caller" });
  });

  it("counts from the INVITE's number at the caller, and at the callee takes that as the other's", () => {
    const { caller, callee } = bothEnds();
    assert.deepEqual([caller.localSequence, caller.remoteSequence], [7, undefined]);
    assert.deepEqual([callee.localSequence, callee.remoteSequence], [0, 7]);
  });

  it("sends to the other's Contact, under the addresses of the call", () => {
    const { caller, callee } = bothEnds();
    const bye = callee.createRequest("BYE");
    assert.equal(bye.requestUri, "sip:102@192.0.2.1:5062");
    assert.equal(bye.headers.get("From"), "<sip:101@pbx.example>;tag=callee");
    assert.equal(bye.headers.get("To"), "<sip:102@pbx.example>;tag=caller");
    assert.deepEqual(bye.cseq, { number: 1, method: "BYE" });
    assert.equal(bye.callId, "call-1");
    assert.equal(bye.headers.has("Route"), false);

    const info = caller.createRequest("INFO");
    assert.equal(info.requestUri, "sip:token@192.0.2.2:5064");
    assert.equal(info.headers.get("To"), "<sip:101@pbx.example>;tag=callee");
    assert.equal(info.cseq.number, 8);
    assert.equal(caller.createRequest("BYE").cseq.number, 9);
  });

  it("takes the proxies that stay in the way: each end begins with the one nearest to it", () => {
    const { caller, callee } = bothEnds(recordRoutes);
    assert.deepEqual(callee.routeSet, ["<sip:near-callee.example;lr>", "<sip:near-caller.example;lr>"]);
    assert.deepEqual(caller.routeSet, ["<sip:near-caller.example;lr>", "<sip:near-callee.example;lr>"]);
    assert.equal(serializeSipUri(caller.nextHop), "sip:near-caller.example;lr");
    const bye = caller.createRequest("BYE");
    assert.equal(bye.requestUri, "sip:token@192.0.2.2:5064");
    assert.deepEqual(bye.headers.all("Route"), caller.routeSet);
  });

  it("speaks to a strict router as that wants it (RFC 3261 §12.2.1.1)", () => {
    const { callee } = bothEnds([
      ["Record-Route", "<sip:strict.example;method=INVITE?Subject=x>"],
      ["Record-Route", "<sip:loose.example;lr>"],
    ]);
    const bye = callee.createRequest("BYE");
    assert.equal(bye.requestUri, "sip:strict.example");
    assert.deepEqual(bye.headers.all("Route"), ["<sip:loose.example;lr>", "<sip:102@192.0.2.1:5062>"]);
  });

  it("acknowledges a 2xx with the INVITE's number and credentials, and spends no number on it", () => {
    const { caller } = bothEnds();
    const invite = requestToSend("INVITE", {
      cseq: 7,
      headers: [["Proxy-Authorization", 'Digest realm="r"']],
    });
    const ack = caller.createAck(invite);
    assert.deepEqual(ack.cseq, { number: 7, method: "ACK" });
    assert.equal(ack.headers.get("Proxy-Authorization"), 'Digest realm="r"');
    assert.equal(caller.createRequest("BYE").cseq.number, 8);
  });

  it("finds what comes too late by its number; ACK and CANCEL have none of their own", () => {
    const { callee } = bothEnds();
    const inDialog = (method: string, cseq: number) => incomingRequest(method, { cseq, toTag: "callee" });
    assert.equal(callee.takesInOrder(inDialog("INFO", 12)), true);
    assert.equal(callee.takesInOrder(inDialog("INFO", 11)), false);
    assert.equal(callee.takesInOrder(inDialog("INFO", 12)), false);
    assert.equal(callee.takesInOrder(inDialog("ACK", 7)), true);
    assert.equal(callee.takesInOrder(inDialog("BYE", 13)), true);
    assert.equal(callee.remoteSequence, 13);
  });

  it("takes any first number of the one who was called", () => {
    const { caller } = bothEnds();
    assert.equal(caller.takesInOrder(incomingRequest("BYE", { cseq: 0 })), true);
    assert.equal(caller.remoteSequence, 0);
  });

  it("follows an end that moves, and stays where it was when the new Contact cannot be read", () => {
    const { callee } = bothEnds();
    const move = (contact: string) => incomingRequest("UPDATE", { headers: [["Contact", contact]] });
    callee.refreshTarget(move("<sip:102@192.0.2.9>"));
    assert.equal(callee.remoteTarget, "sip:102@192.0.2.9");
    callee.refreshTarget(move("<tel:+49>"));
    callee.refreshTarget(incomingRequest("UPDATE"));
    assert.equal(callee.remoteTarget, "sip:102@192.0.2.9");
  });

  it("takes way and target anew from the 2xx that confirms it (RFC 3261 §13.2.2.4)", () => {
    const { invite, success } = bothEnds(recordRoutes);
    const ringing = createResponse(incomingRequest("INVITE"), 180, undefined, {
      toTag: "callee",
      headers: [["Contact", "<sip:early@192.0.2.3>"]],
    });
    const caller = got(Dialog.ofClient(invite, ringing));
    caller.confirm(success);
    assert.equal(caller.remoteTarget, "sip:token@192.0.2.2:5064");
    assert.equal(caller.routeSet.length, 2);
  });

  it("is secure only when a sips: URI was called over TLS", () => {
    const invite = (requestUri: string) =>
      incomingRequest("INVITE", { requestUri, headers: [callerContact] });
    assert.equal(got(Dialog.ofServer(invite("sips:101@a.example"), "t", true)).secure, true);
    assert.equal(got(Dialog.ofServer(invite("sips:101@a.example"), "t", false)).secure, false);
    assert.equal(got(Dialog.ofServer(invite("sip:101@a.example"), "t", true)).secure, false);
  });

  it("does not come about without one Contact, or with a Record-Route, that can be read", () => {
    const withHeaders = (...headers: [string, string][]) =>
      Dialog.ofServer(incomingRequest("INVITE", { headers }), "t").ok;
    assert.equal(withHeaders(), false);
    assert.equal(withHeaders(["Contact", "*"]), false);
    assert.equal(withHeaders(["Contact", "<sip:a@b>, <sip:c@d>"]), false);
    assert.equal(withHeaders(["Contact", "<sip:a@b>"], ["Record-Route", "<<>>"]), false);
    assert.equal(withHeaders(["Contact", "<sip:a@b>"], ["Record-Route", "<tel:1>"]), false);
    assert.equal(withHeaders(["Contact", "<sip:a@b>"]), true);
  });
});

describe("the dialog table", () => {
  it("finds a dialog by the request of its other end alone", () => {
    const table = new DialogTable<string>();
    const { caller, callee } = bothEnds();
    table.add(callee.id, "callee's");
    assert.equal(table.find(caller.createRequest("BYE")), "callee's");
    assert.equal(table.find(callee.createRequest("BYE")), undefined);
    assert.equal(table.find(incomingRequest("INVITE")), undefined);
    table.remove(callee.id);
    assert.equal(table.find(caller.createRequest("BYE")), undefined);
    assert.equal(table.size, 0);
  });
});
