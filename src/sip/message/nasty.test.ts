import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseAuthHeader } from "./challenge.ts";
import { readContacts } from "./contact.ts";
import { readDiversions } from "./diversion.ts";
import { readHistoryInfo } from "./history-info.ts";
import { parseMessage } from "./parse.ts";
import { readRoutes } from "./routes.ts";
import { serializeMessage } from "./serialize.ts";
import { escapeUser, parseUri, sipUriEquals, parseSipUri, unescapeUser } from "./uri.ts";

/*
 * 64 kB of what makes careless parsers quadratic. Time is not measured, for a busy machine would make that a lottery:
 * quadratic work on 64 kB takes seconds (4 thousand million steps), and the runner's own time limit tells.
 */
const size = 60_000;

function run(unit: string): string {
  return unit.repeat(Math.ceil(size / unit.length));
}

const values: Record<string, string> = {
  "a run of escaped quotes": '"' + run('\\"'),
  "a run of backslashes": '"' + run("\\"),
  "a run of quotes": run('"'),
  "opening brackets": run("<"),
  "closing brackets": run(">"),
  "bracket pairs": run("<>"),
  "empty parameters": run(";"),
  parameters: "<sip:a@b>" + run(";a"),
  "parameters with values": "<sip:a@b>" + run(";abc=def"),
  "ten thousand different parameters":
    "<sip:a@b>" + Array.from({ length: 8000 }, (_, index) => `;p${index}`).join(""),
  "folded blanks": "<sip:a@b>" + run("\r\n "),
  blanks: "<sip:a@b>" + run(" ") + "x",
  escapes: `<sip:${run("%41")}@b>`,
  "half escapes": `<sip:${run("%4")}@b>`,
  commas: run(","),
  "commas and blanks": run(", "),
  "at signs": `<sip:${run("@")}>`,
  colons: `<sip:[${run(":")}]>`,
  "an open bracket and colons": `<sip:[${run(":")}`,
  "many open brackets": run("<sip:[::1,"),
  digits: run("9"),
  zeros: run("0") + "1",
  words: run("a "),
  "quoted words": run('"a" '),
  base64: 'Digest response="' + run("YWJj") + '="',
  "open auth parameters": "Digest " + run("a=b,"),
  "unclosed strings": run('"a,'),
  "line feeds": run("\n"),
  "carriage returns": run("\r"),
  "lines without colon": run("a\r\n"),
  "short lines": run("a:\r\n"),
  addresses: run("<sip:a@b>,"),
  "open addresses": run("<sip:a@b,"),
};

const headerNames = [
  "To",
  "From",
  "Via",
  "Contact",
  "CSeq",
  "Call-ID",
  "Route",
  "Authorization",
  "Diversion",
  "History-Info",
];

describe("64 kB of nasty input", () => {
  for (const [name, value] of Object.entries(values)) {
    it(`is read in linear time and never throws: ${name}`, { timeout: 20_000 }, () => {
      for (const headerName of headerNames) check(headerName, value);
      parseAuthHeader(value);
      parseUri(value);
      unescapeUser(value);
      escapeUser(value);
      const uri = parseSipUri(`sip:a@b?${value}`);
      if (uri !== undefined) sipUriEquals(uri, uri);
    });
  }

  it("is answered with its Vias in order when it has a thousand of them", () => {
    const vias = Array.from({ length: 1000 }, (_, index) => `SIP/2.0/UDP h${index};branch=z9hG4bK${index}`);
    const result = parseMessage(message(vias.map((via) => `Via: ${via}`)));
    assert.ok(result.ok);
    assert.equal(result.value.vias.length, 1000);
    assert.deepEqual(result.value.headers.all("Via"), vias);
  });
});

function message(extra: readonly string[]): Buffer {
  const names = new Set(extra.map((line) => line.slice(0, line.indexOf(":"))));
  const lines = [
    "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1",
    "From: <sip:a@example.com>;tag=1",
    "To: <sip:b@example.com>",
    "Call-ID: c1",
    "CSeq: 1 INVITE",
  ].filter((line) => !names.has(line.slice(0, line.indexOf(":"))));
  return Buffer.from(["INVITE sip:b@example.com SIP/2.0", ...extra, ...lines, "", ""].join("\r\n"), "latin1");
}

function check(headerName: string, value: string): void {
  const result = parseMessage(message([`${headerName}: ${value}`]));
  const parsed = result.ok ? result.value : result.failure.respondable;
  if (parsed === undefined) return;
  assert.ok(Array.isArray(parsed.vias));
  readContacts(parsed);
  readRoutes(parsed, "Route");
  readDiversions(parsed);
  readHistoryInfo(parsed);
  serializeMessage(parsed);
}
