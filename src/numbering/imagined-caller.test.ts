import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { imagineCaller } from "./imagined-caller.ts";

const isPbxHost = (host: string) => host === "pbx.example";

test("a caller may be written in any way that a PBX or a person would", () => {
  const rows: [text: string, user: string, host: string, atPbx: boolean][] = [
    ["102", "102", "", true],
    ["+49891234", "+49891234", "", true],
    ["tel:+49891234", "+49891234", "", true],
    ["102@pbx.example", "102", "pbx.example", true],
    ["sip:102@PBX.example:5060;transport=tcp", "102", "pbx.example", true],
    ['"Anna" <sip:%31%302@pbx.example>;tag=1', "102", "pbx.example", true],
    ["sips:110@elsewhere.example", "110", "elsewhere.example", false],
    ["sip:102@[2001:db8::1]:5060", "102", "[2001:db8::1]", false],
    ["sip:anonymous@anonymous.invalid", "anonymous", "anonymous.invalid", false],
    ["anonymous", "anonymous", "", true],
    ["", "", "", true],
    ["sip:10%zz@pbx.example", "10%zz", "pbx.example", true],
  ];
  for (const [text, user, host, atPbx] of rows) {
    assert.deepEqual(imagineCaller(text, isPbxHost), { header: "From", user, host, atPbx }, text);
  }
});

test("any text is an identity", () => {
  fc.assert(fc.property(fc.string(), (text) => assert.equal(imagineCaller(text, isPbxHost).header, "From")));
});
