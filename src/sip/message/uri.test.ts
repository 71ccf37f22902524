import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { escapeUser, parseSipUri, parseUri, serializeSipUri, sipUriEquals, unescapeUser } from "./uri.ts";

function uri(text: string) {
  const parsed = parseSipUri(text);
  assert.ok(parsed, text);
  return parsed;
}

describe("a SIP URI", () => {
  it("is read with all its parts", () => {
    const parsed = uri("sips:alice:secret@Atlanta.Example:5061;transport=TCP;lr?subject=x&priority=urgent");
    assert.equal(parsed.scheme, "sips");
    assert.equal(parsed.user, "alice");
    assert.equal(parsed.password, "secret");
    assert.equal(parsed.host, "atlanta.example");
    assert.equal(parsed.port, 5061);
    assert.deepEqual(
      [...parsed.parameters],
      [
        ["transport", "TCP"],
        ["lr", undefined],
      ],
    );
    assert.equal(parsed.headers, "subject=x&priority=urgent");
  });

  it("may have semicolons, question marks and slashes in its user part", () => {
    assert.equal(uri("sip:user;par=u%40example.net@example.com").user, "user;par=u%40example.net");
    assert.equal(uri("sip:a/b?c@example.com").user, "a/b?c");
  });

  it("keeps the brackets of an IPv6 address, and tells a port only outside them", () => {
    assert.equal(uri("sip:[2001:DB8::10:5070]").host, "[2001:db8::10:5070]");
    assert.equal(uri("sip:[2001:db8::10:5070]").port, undefined);
    assert.equal(uri("sip:x@[2001:db8::10]:5070").port, 5070);
    assert.equal(uri("sip:[2001:db8:::192.0.2.1]").host, "[2001:db8::192.0.2.1]");
  });

  it("is none when something is left over, missing, or could end the header around it", () => {
    for (const text of [
      "",
      "sip:",
      "sip:@host",
      "sip:host:",
      "sip:host:99999",
      "sip:host:5060x",
      "sip:a@b@c",
      "sip:user@",
      "sip:us er@host",
      "sip:user@host ",
      " sip:user@host",
      "sip:user@host;",
      "sip:user@host;;lr",
      "sip:user@host>;tag=1",
      'sip:us"er@host',
      "sip:%4@host",
      "sip:%zz@host",
      "sip:2001:db8::10",
      "sip:[2001:db8::10",
      "sip:[2001:db8:::10]",
      "sip:[nonsense]",
      "tel:110",
      "http://example.com",
    ]) {
      assert.equal(parseSipUri(text), undefined, text);
    }
  });

  it("equals another as RFC 3261 §19.1.4 says", () => {
    for (const [a, b] of [
      ["sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"],
      ["sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"],
      ["sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"],
      [
        "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
        "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
      ],
      [
        "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
        "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
      ],
    ] as const) {
      assert.ok(sipUriEquals(uri(a), uri(b)), `${a} = ${b}`);
      assert.ok(sipUriEquals(uri(b), uri(a)), `${b} = ${a}`);
    }
    for (const [a, b] of [
      ["SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"],
      ["sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"],
      ["sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"],
      ["sip:bob@biloxi.com:6000;transport=tcp", "sip:bob@biloxi.com"],
      ["sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"],
      ["sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"],
      ["sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"],
    ] as const) {
      assert.ok(!sipUriEquals(uri(a), uri(b)), `${a} ≠ ${b}`);
    }
  });

  it("is the same after it was written and read again", () => {
    const word = fc.stringMatching(/^[a-z0-9._+*-]{1,12}$/);
    const parts = fc.record({
      scheme: fc.constantFrom("sip" as const, "sips" as const),
      user: fc.option(word, { nil: undefined }),
      password: fc.constant(undefined),
      host: fc.oneof(
        fc.stringMatching(/^[a-z0-9]{1,10}$/),
        fc.constant("[2001:db8::1]"),
        fc.constant("192.0.2.1"),
      ),
      port: fc.option(fc.integer({ min: 0, max: 65_535 }), { nil: undefined }),
      parameters: fc.uniqueArray(fc.tuple(word, fc.option(word, { nil: undefined })), {
        selector: ([name]) => name,
      }),
      headers: fc.option(word, { nil: undefined }),
    });
    fc.assert(
      fc.property(parts, (made) => {
        const wanted = { ...made, parameters: new Map(made.parameters) };
        assert.deepEqual(parseSipUri(serializeSipUri(wanted)), wanted);
      }),
    );
  });
});

describe("a user part", () => {
  it("comes back as it was after it was escaped, whatever text it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (text) => {
        const escaped = escapeUser(text);
        assert.equal(unescapeUser(escaped), text.toWellFormed());
        assert.equal(parseSipUri(`sip:${escaped}@example.com`)?.user, escaped);
      }),
    );
  });

  it("writes # as %23 and leaves + and * as they are", () => {
    assert.equal(escapeUser("*21#"), "*21%23");
    assert.equal(escapeUser("+4989123"), "+4989123");
    assert.equal(unescapeUser("%2a21%23"), "*21#");
  });

  it("stays as it is written where its escapes are no text", () => {
    assert.equal(unescapeUser("%ff"), "%ff");
  });
});

describe("another URI", () => {
  it("is a tel number without visual separators", () => {
    assert.deepEqual(parseUri("tel:+49-89-(123)456;phone-context=x"), {
      scheme: "tel",
      number: "+4989123456",
      parameters: new Map([["phone-context", "x"]]),
    });
    assert.equal(parseUri("TEL:110")?.scheme, "tel");
    for (const text of ["tel:", "tel:+", "tel:abc x", "tel:12;"])
      assert.equal(parseUri(text), undefined, text);
  });

  it("is told as it stands when its scheme is unknown", () => {
    assert.deepEqual(parseUri("urn:service:sos"), { scheme: "other", text: "urn:service:sos" });
    assert.equal(parseUri("no scheme"), undefined);
    assert.equal(parseUri("1a:b"), undefined);
  });
});
