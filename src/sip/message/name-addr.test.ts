import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseNameAddr, parseNameAddrList, serializeNameAddr } from "./name-addr.ts";
import { encodeText } from "./text.ts";

describe("an address", () => {
  it("has a display name in plain text, however it was written", () => {
    assert.equal(parseNameAddr('"J Rosenberg \\\\\\"" <sip:j@example.com>')?.displayName, 'J Rosenberg \\"');
    assert.equal(parseNameAddr("Anna Muster <sip:a@example.com>")?.displayName, "Anna Muster");
    assert.equal(parseNameAddr("caller<sip:a@example.com>;tag=1")?.displayName, "caller");
    assert.equal(parseNameAddr("<sip:a@example.com>")?.displayName, undefined);
    assert.equal(parseNameAddr(encodeText('"Jürgen 大" <sip:j@example.com>'))?.displayName, "Jürgen 大");
  });

  it("keeps the parameters of its URI apart from its own", () => {
    const inside = parseNameAddr("<sip:a@example.com;user=phone>;tag=1");
    assert.equal(inside?.uri, "sip:a@example.com;user=phone");
    assert.deepEqual([...inside.parameters], [["tag", "1"]]);
    // RFC 3261 §20.10: without angle brackets all parameters are the header's.
    const bare = parseNameAddr("sip:a@example.com;user=phone;tag=1");
    assert.equal(bare?.uri, "sip:a@example.com");
    assert.equal(bare.parameters.get("user"), "phone");
  });

  it("reads quoted parameters and white space around separators", () => {
    const address = parseNameAddr('<sip:a@b> ; +sip.instance = "<urn:uuid:1>" ; reason="user-busy" ;lr');
    assert.equal(address?.parameters.get("+sip.instance"), "<urn:uuid:1>");
    assert.equal(address.parameters.get("reason"), "user-busy");
    assert.ok(address.parameters.has("lr"));
  });

  it("is none when its syntax is broken", () => {
    for (const text of [
      "",
      "<>",
      "<sip:a@b",
      '"Anna <sip:a@b>',
      '"Anna" sip:a@b',
      "Bell, Alexander <sip:a@b>",
      "< sip:a@b >",
      "<sip:a@b>;;tag=1",
      "<sip:a@b>;",
      '<sip:a@b>;x="',
      "<sip:a@b>x",
      "<sip:a@b>, <sip:c@d>",
      "sip:a@b?Route=x",
      "alan@jasomi.com",
    ]) {
      assert.equal(parseNameAddr(text), undefined, text);
    }
  });

  it("can be one of several on a line", () => {
    const addresses = parseNameAddrList('"A, B" <sip:a,b@c>;q=0.5 , sip:d@e;x="1,2",<tel:110>');
    assert.deepEqual(
      addresses?.map((address) => address.uri),
      ["sip:a,b@c", "sip:d@e", "tel:110"],
    );
    assert.equal(parseNameAddrList("<sip:a@b>,,<sip:c@d>"), undefined);
  });

  it("is the same after it was written and read again, and nothing in it can break out", () => {
    const hostile = fc.string({
      unit: fc.constantFrom("a", '"', "\\", ">", "<", ";", ",", " ", "é", "大", "="),
    });
    fc.assert(
      fc.property(hostile, hostile, (displayName, value) => {
        const made = { displayName, uri: "sip:a@example.com", parameters: new Map([["p", value]]) };
        assert.deepEqual(
          parseNameAddr(serializeNameAddr({ ...made, parameters: new Map([["p", encodeText(value)]]) })),
          {
            ...made,
            parameters: new Map([["p", encodeText(value)]]),
          },
        );
      }),
    );
  });
});
