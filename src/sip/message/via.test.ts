import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseFirstVia, parseVia, salvageVia, serializeVia } from "./via.ts";

describe("a Via", () => {
  it("is read with its usual parameters", () => {
    const via = parseVia("SIP/2.0/udp Host.Example:5080;rport=1024;received=192.0.2.9;branch=z9hG4bK1");
    assert.equal(via?.protocol, "UDP");
    assert.equal(via.host, "host.example");
    assert.equal(via.port, 5080);
    assert.equal(via.rport, 1024);
    assert.equal(via.received, "192.0.2.9");
    assert.equal(via.branch, "z9hG4bK1");
  });

  it("asks for rport when it stands without a value", () => {
    assert.equal(parseVia("SIP/2.0/UDP h;rport")?.rport, "requested");
    assert.equal(parseVia("SIP/2.0/UDP h;rport=")?.rport, "requested");
    assert.equal(parseVia("SIP/2.0/UDP h;rport=x")?.rport, undefined);
    assert.equal(parseVia("SIP/2.0/UDP h")?.rport, undefined);
  });

  it("takes received with and without brackets", () => {
    for (const written of ["[2001:db8::9:255]", "2001:db8::9:255"]) {
      const via = parseVia(`SIP/2.0/UDP [2001:db8::9:1];received=${written};branch=z9hG4bKas3`);
      assert.equal(via?.received, "2001:db8::9:255");
      assert.equal(via.host, "[2001:db8::9:1]");
    }
  });

  it("may have white space wherever RFC 3261 lets it stand", () => {
    const via = parseVia("SIP  / 2.0  /\tTCP     spindle.example.com  : 5061 ;  branch  =   z9hG4bK9ikj8  ");
    assert.deepEqual(
      [via?.protocol, via?.host, via?.port, via?.branch],
      ["TCP", "spindle.example.com", 5061, "z9hG4bK9ikj8"],
    );
  });

  it("is the first of several on its line", () => {
    assert.equal(parseFirstVia("SIP/2.0/UDP a;branch=1 , SIP/2.0/UDP b;branch=2")?.host, "a");
    assert.equal(parseVia("SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b"), undefined);
  });

  it("is none when its syntax is broken, yet tells where an answer may go", () => {
    for (const text of [
      "SIP/2.0/UDP 192.0.2.15;;,;,,",
      "SIP/7.0/UDP 192.0.2.15",
      'SIP/2.0/UDP 192.0.2.15;x="',
    ]) {
      assert.equal(parseFirstVia(text), undefined);
      assert.equal(salvageVia(text)?.host, "192.0.2.15");
    }
    for (const text of [
      "",
      "SIP",
      "SIP/2.0",
      "SIP/2.0/UDP",
      "SIP/2.0/UDP ",
      "SIP/2.0/UDP a:x",
      "HTTP/2.0/UDP a",
    ]) {
      assert.equal(parseFirstVia(text), undefined, text);
      assert.equal(salvageVia(text), undefined, text);
    }
  });

  it("is written as it was read", () => {
    const text = "SIP/2.0/TLS [2001:db8::1]:5061;branch=z9hG4bK-x;rport;received=192.0.2.1";
    const via = parseVia(text);
    assert.ok(via);
    assert.equal(serializeVia(via), text);
  });
});
