import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Headers } from "./headers.ts";

describe("Headers", () => {
  it("finds a field under any spelling of its name", () => {
    const headers = new Headers([
      ["i", "1@2"],
      ["X-Trace", "a"],
    ]);
    assert.equal(headers.get("call-id"), "1@2");
    assert.equal(headers.get("CALL-ID"), "1@2");
    assert.equal(headers.get("I"), "1@2");
    assert.equal(headers.get("x-tRACE"), "a");
    assert.equal(headers.has("X-Trac"), false);
    assert.deepEqual(
      [...headers.entries()],
      [
        ["Call-ID", "1@2"],
        ["X-Trace", "a"],
      ],
    );
  });

  it("splits the values of list headers at their commas and of no others", () => {
    const headers = new Headers([
      ["Contact", '"A, B" <sip:a,1@x>, <sip:c@d>'],
      ["Contact", "<sip:e@f>,, "],
      ["Subject", "one, two"],
      ["X-List", "1, 2"],
      ["Authorization", 'Digest a="1", b="2"'],
    ]);
    assert.deepEqual(headers.values("Contact"), ['"A, B" <sip:a,1@x>', "<sip:c@d>", "<sip:e@f>"]);
    assert.deepEqual(headers.values("Subject"), ["one, two"]);
    assert.deepEqual(headers.values("x-list"), ["1, 2"]);
    assert.equal(headers.values("Authorization").length, 1);
  });

  it("sets one field where the first of that name stood", () => {
    const headers = new Headers([
      ["Via", "1"],
      ["To", "a"],
      ["Route", "r1"],
      ["Route", "r2"],
      ["From", "b"],
    ]);
    headers.set("route", "r3");
    headers.set("Expires", "60");
    assert.deepEqual(
      [...headers.entries()].map((field) => field.join("=")),
      ["Via=1", "To=a", "Route=r3", "From=b", "Expires=60"],
    );
    headers.remove("ROUTE");
    assert.equal(headers.has("Route"), false);
  });

  it("puts a new Via above the others, and works on the topmost value of a line", () => {
    const headers = new Headers([
      ["Max-Forwards", "70"],
      ["Via", "b;x=1, c"],
    ]);
    headers.prepend("Via", "a");
    assert.deepEqual(headers.values("Via"), ["a", "b;x=1", "c"]);
    assert.equal(headers.removeFirstValue("Via"), "a");
    assert.ok(headers.replaceFirstValue("Via", "B"));
    assert.deepEqual(headers.values("Via"), ["B", "c"]);
    assert.equal(headers.removeFirstValue("Via"), "B");
    assert.equal(headers.removeFirstValue("Via"), "c");
    assert.equal(headers.removeFirstValue("Via"), undefined);
    assert.equal(headers.replaceFirstValue("Via", "x"), false);
    headers.prepend("Via", "top");
    assert.equal([...headers.entries()][0]?.[0], "Via");
  });

  it("changes its revision with each change, and a clone stands alone", () => {
    const headers = new Headers([["To", "a"]]);
    const { revision } = headers;
    const clone = headers.clone();
    clone.set("To", "b");
    assert.equal(headers.revision, revision);
    assert.equal(headers.get("To"), "a");
    headers.append("X", "1");
    assert.notEqual(headers.revision, revision);
  });

  it("lets no value add a line, whatever text it is", () => {
    const nasty = fc.string({
      unit: fc.constantFrom("\r", "\n", "\0", "Ċ", "č", "\u010a", "a", ":", " ", "😀", "\u2028"),
    });
    fc.assert(
      fc.property(nasty, (value) => {
        const headers = new Headers();
        headers.append("X-A", value);
        headers.prepend("X-B", value);
        headers.set("X-C", value);
        headers.set("X-C", value);
        headers.append("Via", "x");
        headers.replaceFirstValue("Via", value);
        const wire = Buffer.from(headers.toWire(0), "latin1").toString("latin1");
        assert.equal(wire.split("\r\n").length, 6);
        assert.equal(wire.replaceAll("\r\n", "").search(/[\r\n\0]/), -1);
      }),
    );
  });

  it("refuses a name that is no token: that is a bug", () => {
    for (const name of ["", "A B", "A:", "A\r\nB", "ä"])
      assert.throws(() => new Headers([[name, "x"]]), TypeError);
  });
});
