import assert from "node:assert/strict";
import { test } from "node:test";
import { incomingRequest, responseTo } from "../../test/support/messages.ts";
import { targetOfPhone } from "./phone-redirect.ts";

const pbxHosts = new Set(["pbx.example"]);

function targetIn(contact: string | undefined): string | undefined {
  const response = responseTo(incomingRequest("INVITE"), 302);
  if (contact !== undefined) response.headers.set("Contact", contact);
  return targetOfPhone(response, pbxHosts);
}

test("what a phone's 302 names is read as its user would type it", () => {
  for (const [contact, target] of [
    ["<sip:102@divert.example>", "102"],
    ["<sip:+4989123456@192.0.2.7;user=phone>", "+4989123456"],
    ["<tel:+4989123456>", "+4989123456"],
    ["<sip:*31%23@divert.example>", "*31#"],
    ["<sip:anna@PBX.example>", "anna"],
    ["<sip:9@a>;q=0.1, <sip:102@a>;q=0.9", "102"],
    ["<sip:bob@elsewhere.example;transport=tcp?Route=x>", "sip:bob@elsewhere.example"],
  ] as const) {
    assert.equal(targetIn(contact), target, contact);
  }
});

test("what names nobody leads nowhere", () => {
  for (const contact of [undefined, "*", "<sip:divert.example>", "<mailto:bob@x>", "<<"]) {
    assert.equal(targetIn(contact), undefined, contact);
  }
});
