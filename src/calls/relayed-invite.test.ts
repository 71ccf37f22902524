import assert from "node:assert/strict";
import { test } from "node:test";
import { incomingRequest } from "../../test/support/messages.ts";
import { copyRequest } from "../sip/message/build.ts";
import { parseSipUri } from "../sip/user-agent.ts";
import { createRelayedInvite, type RelayedInviteOptions } from "./relayed-invite.ts";

const nextHop = parseSipUri("sip:192.0.2.9");
assert.ok(nextHop !== undefined);

const options: RelayedInviteOptions = {
  way: { addressOfRecord: "sip:101@pbx.example", nextHop, route: [] },
  contactUri: "sip:500@pbx.example",
  lineUri: "sip:101@pbx.example",
  reason: "user-busy",
  diversion: true,
  historyInfo: true,
  relayedFrom: "line",
  isForeign: false,
  diversions: 0,
  maxForwards: 69,
  callId: "second-leg",
  fromTag: "ours",
  headers: [],
};

type Fields = readonly (readonly [string, string])[];

function relayed(headers: Fields = [], changes: Partial<RelayedInviteOptions> = {}, body?: Buffer) {
  const plain = incomingRequest("INVITE", { headers });
  const request = body === undefined ? plain : copyRequest(plain, { body });
  return createRelayedInvite(request, { ...options, ...changes });
}

const asserted = ["P-Asserted-Identity", '"Bob" <sip:+4989123@pbx.example>'] as const;
const secret = ["Privacy", "id"] as const;

test("it goes to the target in the line's name, with a dialog of its own and one hop less", () => {
  const invite = relayed([asserted]);
  assert.equal(invite.requestUri, "sip:500@pbx.example");
  assert.equal(invite.from.uri, "sip:101@pbx.example");
  assert.equal(invite.from.displayName, "Bob");
  assert.deepEqual([invite.callId, invite.fromTag, invite.maxForwards], ["second-leg", "ours", 69]);
  assert.equal(invite.headers.get("P-Asserted-Identity"), asserted[1]);
});

test("a caller without a name is told by number, and by From where nothing better is known", () => {
  const invite = relayed();
  assert.equal(invite.from.displayName, "102");
  assert.equal(invite.headers.get("P-Asserted-Identity"), "<sip:102@pbx.example>");
});

test("a PBX that takes any From gets the caller's", () => {
  const invite = relayed([asserted], { relayedFrom: "caller" });
  assert.equal(invite.from.uri, "sip:+4989123@pbx.example");
});

test("who does not want to be named is not, but to the PBX that keeps it to itself", () => {
  const toPbx = relayed([asserted, secret]);
  assert.equal(toPbx.from.displayName, "Anonymous");
  assert.equal(toPbx.headers.get("Privacy"), "id");
  assert.equal(toPbx.headers.get("P-Asserted-Identity"), asserted[1]);
  const inHisName = relayed([asserted, secret], { relayedFrom: "caller" });
  assert.equal(inHisName.from.uri, "sip:anonymous@anonymous.invalid");
  const away = relayed([asserted, secret], { isForeign: true, contactUri: "sip:bob@elsewhere.example" });
  assert.equal(away.from.uri, "sip:anonymous@anonymous.invalid");
  assert.equal(away.headers.has("P-Asserted-Identity"), false);
});

test("the diversion stands on top of those before (RFC 5806 §4)", () => {
  const earlier = "<sip:103@pbx.example>;reason=no-answer";
  assert.deepEqual(relayed([["Diversion", earlier]]).headers.all("Diversion"), [
    "<sip:101@pbx.example>;reason=user-busy;counter=1",
    earlier,
  ]);
});

test("nothing passes that is not on the list, in whatever spelling, and the body as it is", () => {
  const body = Buffer.from("v=0\r\n\u0000\u00ff", "latin1");
  const invite = relayed(
    [
      ["Content-Type", "application/sdp"],
      ["X-Secret", "1"],
      ["Route", "<sip:third.example;lr>"],
      ["Record-Route", "<sip:third.example;lr>"],
      ["Authorization", "Digest username=x"],
      ["Proxy-Authorization", "Digest username=x"],
      ["Remote-Party-ID", "<sip:9@x>"],
      ["Supported", "100rel, replaces"],
      ["Replaces", "a;to-tag=b;from-tag=c"],
      ["Alert-Info", "<urn:alert:source:internal>"],
    ],
    {},
    body,
  );
  assert.deepEqual(invite.body, body);
  const names = [...invite.headers.entries()].map(([name]) => name);
  assert.deepEqual(names.toSorted(), [
    "Alert-Info",
    "Allow",
    "CSeq",
    "Call-ID",
    "Content-Type",
    "Diversion",
    "From",
    "Max-Forwards",
    "P-Asserted-Identity",
    "Supported",
    "To",
  ]);
  // Ours, not what came.
  assert.equal(invite.headers.get("Supported"), "replaces");
});

test("a proxy that wants to be named is, on the way to the PBX alone", () => {
  const way = { ...options.way, route: [["Route", "<sip:proxy.example;lr>"]] } as const;
  assert.equal(relayed([], { way }).headers.get("Route"), "<sip:proxy.example;lr>");
  assert.equal(relayed([], { way, isForeign: true }).headers.has("Route"), false);
});
