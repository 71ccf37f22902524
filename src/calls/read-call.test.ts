import assert from "node:assert/strict";
import { test } from "node:test";
import { exampleSetup, pbxFlow } from "../../test/support/example-lines.ts";
import { incomingRequest } from "../../test/support/messages.ts";
import type { PbxConfiguration } from "../pbx/pbx-configuration.ts";
import { lineAtPbx } from "./line-at-pbx.ts";
import { readCall, type IncomingCall } from "./read-call.ts";

type Fields = readonly (readonly [string, string])[];

/** The call as line 101 sees it. `from` is a whole URI. */
function read(from: string, headers: Fields = [], pbx: Partial<PbxConfiguration> = {}): IncomingCall {
  const request = incomingRequest("INVITE", { headers });
  request.headers.set("From", `<${from}>;tag=a`);
  return readCall(request, pbxFlow(), lineAtPbx(exampleSetup(pbx)));
}

test("an extension in From at the PBX's domain, registrar or sending address is internal, elsewhere external", () => {
  for (const host of ["pbx.example", "PBX.example", "192.0.2.10", "192.0.2.10:5070"]) {
    assert.equal(read(`sip:102@${host}`).caller.class, "internal", host);
  }
  for (const host of ["elsewhere.example", "192.0.2.11"]) {
    assert.equal(read(`sip:102@${host}`).caller.class, "external", host);
  }
});

test("an asserted identity outweighs From, a tel URI among it too", () => {
  const asserted = read("sip:102@pbx.example", [["P-Asserted-Identity", "<tel:+4989123456>"]]);
  assert.deepEqual(asserted.facts.caller, { class: "external", identity: "+4989123456" });
  const two = read("sip:anonymous@anonymous.invalid", [
    ["P-Asserted-Identity", '"Anna" <sip:102@pbx.example>, <tel:+49815136856102>'],
    ["Privacy", "id"],
  ]);
  assert.deepEqual(two.facts.caller, { class: "internal", identity: "102" });
  assert.equal(two.caller.shown, undefined);
});

test("what cannot be read is an external caller without a name", () => {
  for (const from of ["sip:anonymous@anonymous.invalid", "sip:pbx.example", "http://pbx.example"]) {
    const { facts, caller } = read(from);
    assert.equal(facts.caller.class, "external", from);
    assert.equal(caller.shown, undefined, from);
  }
});

test("diversions are summed, and those who diverted are known by their canonical numbers", () => {
  const { facts } = read("sip:+4989123456@pbx.example", [
    ["Diversion", "<sip:101@pbx.example>;reason=unconditional;counter=2, <tel:+49815136856103>"],
    ["Diversion", "<sip:104@elsewhere.example>"],
  ]);
  assert.equal(facts.diversions, 4);
  assert.deepEqual(facts.divertedBy, ["101", "103"]);
});

test("a call from a group is told by its number in the history or in To", () => {
  const groupNumbers = ["300"];
  const diverted = read("sip:102@pbx.example", [["Diversion", "<sip:300@pbx.example>"]], { groupNumbers });
  assert.deepEqual(diverted.facts.groupCall, { by: "history", number: "300" });
  const request = incomingRequest("INVITE");
  request.headers.set("To", "<sip:300@pbx.example>");
  const dialled = readCall(request, pbxFlow(), lineAtPbx(exampleSetup({ groupNumbers })));
  assert.deepEqual(dialled.facts.groupCall, { by: "to", number: "300" });
  assert.equal(dialled.called, "300");
});

test("an emergency call-back and a call that replaces another are marked", () => {
  assert.equal(read("sip:102@pbx.example", [["Priority", " PSAP-Callback "]]).facts.exempt, "psapCallback");
  assert.equal(read("sip:102@pbx.example", [["Replaces", "a;to-tag=b;from-tag=c"]]).facts.exempt, "replaces");
  assert.equal(read("sip:102@pbx.example", [["Priority", "urgent"]]).facts.exempt, undefined);
});
