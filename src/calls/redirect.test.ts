import assert from "node:assert/strict";
import { test } from "node:test";
import { incomingRequest } from "../../test/support/messages.ts";
import { createRedirect, type RedirectOptions } from "./redirect.ts";

type Fields = readonly (readonly [string, string])[];

const options: RedirectOptions = {
  toTag: "ours",
  contactUri: "sip:102@pbx.example",
  lineUri: "sip:101@pbx.example",
  reason: "user-busy",
  diversion: true,
  historyInfo: true,
};

function redirect(headers: Fields = [], changes: Partial<RedirectOptions> = {}) {
  return createRedirect(incomingRequest("INVITE", { headers }), { ...options, ...changes });
}

function names(response: ReturnType<typeof redirect>): string[] {
  return [...response.headers.entries()].map(([name]) => name);
}

test("a 302 has one Contact, one Diversion, and no header that nobody asked for", () => {
  const response = redirect();
  assert.equal(response.status, 302);
  assert.deepEqual(names(response), ["Via", "From", "To", "Call-ID", "CSeq", "Contact", "Diversion"]);
  assert.equal(response.headers.get("Contact"), "<sip:102@pbx.example>");
  assert.equal(response.headers.get("Diversion"), "<sip:101@pbx.example>;reason=user-busy;counter=1");
  assert.equal(response.toTag, "ours");
});

test("diversions before stay below ours as they came, with the privacy they asked for (RFC 5806 §4)", () => {
  const earlier =
    '"A, B" <sip:103@pbx.example>;reason=no-answer;counter=2;privacy=full, <sip:104@pbx.example>';
  assert.deepEqual(redirect([["Diversion", earlier]]).headers.all("Diversion"), [
    "<sip:101@pbx.example>;reason=user-busy;counter=1",
    earlier,
  ]);
});

test("a PBX that wants no Diversion gets none, not even those that it sent", () => {
  const response = redirect([["Diversion", "<sip:103@pbx.example>"]], { diversion: false });
  assert.equal(response.headers.has("Diversion"), false);
});

test("whoever supports histinfo is told the line and the target with its cause (RFC 7044, 4458)", () => {
  assert.deepEqual(redirect([["Supported", "replaces, histinfo"]]).headers.all("History-Info"), [
    "<sip:101@pbx.example>;index=1",
    "<sip:102@pbx.example;cause=486>;index=1.1",
  ]);
  assert.equal(redirect([["Supported", "replaces"]]).headers.has("History-Info"), false);
});

test("a history whose last entry is not the line is told of the line first", () => {
  const history = "<sip:500@pbx.example>;index=1, <sip:103@pbx.example;cause=302>;index=1.1";
  assert.deepEqual(redirect([["History-Info", history]]).headers.all("History-Info"), [
    history,
    "<sip:101@pbx.example>;index=1.1.1",
    "<sip:102@pbx.example;cause=486>;index=1.1.1.1",
  ]);
});

test("a history goes on where it stood: the target is the child of the last entry", () => {
  const history = "<sip:500@pbx.example>;index=1, <sip:101@192.0.2.7;cause=302>;index=1.1";
  assert.deepEqual(
    redirect([["History-Info", history]], { reason: "unconditional" }).headers.all("History-Info"),
    [history, "<sip:102@pbx.example;cause=302>;index=1.1.1"],
  );
});
