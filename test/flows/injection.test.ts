/** CHECKS C11: what users and administrators type cannot become a header, a parameter or a second address on the wire. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { readAuthorization } from "../../src/sip/message/challenge.ts";
import { createResponse } from "../../src/sip/message/build.ts";
import type { SipMessage } from "../../src/sip/message/message.ts";
import { parseSipUri, unescapeUser } from "../../src/sip/message/uri.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { place } from "../support/placed-call.ts";
import type { RawPeer } from "../support/raw-peer.ts";

function namesOf(message: SipMessage): string[] {
  return [...message.headers.entries()].map(([name]) => name).toSorted();
}

const evilTargets: Record<string, string> = {
  "CR LF": "102\r\nX-Evil: 1",
  LF: "102\nX-Evil: 1",
  "a folded line": "102\r\n X-Evil: 1",
  "escaped CR LF": "102%0d%0aX-Evil:%201",
  "a parameter behind the address": "102>;x=y",
  "a Route in the URI": "sip:102@pbx.example?Route=<sip:evil.example>",
  "a second address": "102>,<sip:evil@evil.example",
  "a second address in a URI": "sip:102@pbx.example>,<sip:evil@evil.example>",
  "a parameter in the user part": "102;phone-context=evil.example",
  "another host in the user part": "102@evil.example",
  "another host behind an escape": "sip:102%40evil.example@pbx.example",
  NUL: "102\0",
  "NUL in the middle": "10\u00002",
  "10 kB of digits": "1".repeat(10_240),
  "10 kB of a URI": `sip:102@${"a".repeat(10_240)}.example`,
  "Arabic digits": "\u0661\u0660\u0662",
  "fullwidth digits": "\uff11\uff10\uff12",
  "a Greek letter that looks like one of ours": "sip:102@\u03c1bx.example",
  "a mark that turns the text around": "\u202e201",
  tel: "tel:102",
  "tel with a context": "tel:102;phone-context=evil.example",
  javascript: "javascript:alert(1)",
  sips: "sips:102@pbx.example",
  quotes: '"102" <sip:evil@evil.example>',
  "a slash, which Asterisk cuts at": "102/evil",
  nothing: "",
  blanks: "   ",
};

describe("a target that is up to something", () => {
  let under: DivertUnderTest;
  let peer: RawPeer;
  before(async () => {
    under = await DivertUnderTest.start({ rules: { "101": { "always/all": "103" } } });
    peer = await under.raw();
  });
  after(() => under.close());

  for (const [name, target] of Object.entries(evilTargets)) {
    it(`is refused with 4xx, and the 302 stays as it was: ${name}`, async () => {
      const { status, body } = await under.ask("PUT", "/lines/101/forwardings/always/all", { target });
      assert.ok(status >= 400 && status < 500, `${status}`);
      assert.ok(typeof (body as { code: unknown }).code === "string");
      const { final } = await place(peer, { requestUri: under.contact("101") });
      assert.equal(final?.status, 302);
      assert.equal(final.headers.get("Contact"), "<sip:103@pbx.example>");
      assert.deepEqual(
        namesOf(final),
        ["Call-ID", "Contact", "Content-Length", "CSeq", "Diversion", "From", "To", "Via"].toSorted(),
      );
    });
  }

  it("that has line ends around it only is what stands between them", async () => {
    await under.forward("101", "always/all", "\r\n102\r\n");
    const { final } = await place(peer, { requestUri: under.contact("101") });
    assert.equal(final?.headers.get("Contact"), "<sip:102@pbx.example>");
  });

  it("cannot come in by the file either, and nothing of such a file is taken", async () => {
    const before = await under.ask("GET", "/lines/101/forwardings");
    for (const target of Object.values(evilTargets)) {
      const forwardings = [
        { line: "101", when: "busy", callers: "all", target: "102" },
        { line: "101", when: "always", callers: "all", target },
      ];
      const { status } = await under.ask("POST", "/configuration", { forwardings });
      assert.ok(status >= 400 && status < 500, `${status} for ${JSON.stringify(target)}`);
    }
    assert.deepEqual(await under.ask("GET", "/lines/101/forwardings"), before);
  });
});

describe("what an administrator types of a line", () => {
  const evil: Record<string, string> = {
    "CR LF": "x\r\nX-Evil: 1",
    quotes: 'x", realm="evil", uri="sip:evil',
    "angle brackets": "x>;tag=evil,<sip:y",
    "another host": "x@evil.example",
    "parameters and headers": "x;transport=tcp?X-Evil=1",
    colon: "x:y",
    escapes: "x%0d%0aX-Evil:%201",
    umlauts: "Jürgen",
    NUL: "x\0y",
    backslashes: 'x\\", y="\\',
  };

  let under: DivertUnderTest;
  let extension = 200;
  before(async () => {
    const challenge = ["WWW-Authenticate", 'Digest realm="pbx.example", nonce="1", qop="auth"'] as const;
    under = await DivertUnderTest.start({
      lines: { "101": "refusing" },
      pbxAnswers: (request, pbx) =>
        request.headers.has("Authorization")
          ? [pbx.accepts(request)]
          : [createResponse(request, 401, undefined, { toTag: "pbx", headers: [challenge] })],
    });
  });
  after(() => under.close());

  for (const field of ["username", "authUsername", "password", "displayName", "extension"]) {
    for (const [name, value] of Object.entries(evil)) {
      it(`${field} with ${name} is refused, or stands in its own place of the REGISTER and nowhere else`, async () => {
        const id = String(extension++);
        const line = { id, group: "refusing", username: id, password: "secret", [field]: value };
        const { status } = await under.ask("POST", "/configuration", { lines: [line] });
        if (status >= 400) {
          assert.ok(status < 500, `${status}`);
          assert.equal(under.divert.lines.find(id), undefined);
          return;
        }
        await under.passUntil(() => under.divert.lines.find(id)?.registration.state === "registered");
        const withAuthorization = (username: string) =>
          under.pbx.registers.find(
            ({ to, headers }) => userOf(to.uri) === username && headers.has("Authorization"),
          );
        const own = withAuthorization("101");
        const username = field === "username" ? value : id;
        const register = withAuthorization(username);
        assert.ok(own !== undefined && register !== undefined);
        assert.deepEqual(namesOf(register), namesOf(own));
        for (const { uri } of [register.to, register.from]) {
          assert.equal(parseSipUri(uri)?.host, "pbx.example");
          assert.equal(parseSipUri(uri)?.parameters.size, 0);
        }
        const [credentials, ...more] = readAuthorization(register, "Authorization");
        assert.deepEqual(more, []);
        const told = credentials?.parameters.get("username") ?? "";
        assert.equal(
          Buffer.from(told, "latin1").toString("utf8"),
          field === "authUsername" ? value : username,
        );
        assert.equal(credentials?.parameters.get("realm"), "pbx.example");
      });
    }
  }
});

function userOf(uri: string): string {
  return unescapeUser(parseSipUri(uri)?.user ?? "");
}
