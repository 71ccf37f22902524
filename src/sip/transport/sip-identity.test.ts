import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";
import { TestCertificates } from "../../../test/support/test-certificates.ts";
import { findStranger, sipIdentities } from "./sip-identity.ts";

function certificateOf(context: TestContext, commonName: string, ...names: string[]) {
  const made = new TestCertificates(context);
  const { certificate } = made.make("any", commonName, ...names);
  return new X509Certificate(readFileSync(certificate)).toLegacyObject();
}

describe("the SIP domains of a certificate (RFC 5922 §7.1)", () => {
  for (const [what, commonName, names, identities] of [
    [
      "are its sip URIs, before which DNS names do not count",
      "cn",
      ["URI:sip:A.example", "DNS:b.example"],
      ["a.example"],
    ],
    [
      "are its DNS names where it has no sip URI",
      "cn",
      ["DNS:a.example", "DNS:B.example"],
      ["a.example", "b.example"],
    ],
    ["are never sips URIs, nor those with a user", "cn", ["URI:sips:a.example", "URI:sip:u@b.example"], []],
    ["are never the common name beside other names", "cn.example", ["IP:127.0.0.1"], []],
    ["are the common name where there is nothing else", "CN.example", [], ["cn.example"]],
  ] as const) {
    it(what, (context) => {
      assert.deepEqual(sipIdentities(certificateOf(context, commonName, ...names)), identities);
    });
  }
});

it("a name that holds what separates names is one name, and nobody's (CVE-2021-44532)", () => {
  const subjectaltname = 'URI:"sip:a.example\\u002c DNS:b.example", DNS:"c.example\\u002c DNS:d.example"';
  assert.deepEqual(sipIdentities({ subjectaltname }), ["c.example\\u002c dns:d.example"]);
});

describe("whoever shows a certificate", () => {
  it("is who was asked for when one of the names is equal but for case", (context) => {
    const certificate = certificateOf(context, "cn", "DNS:pbx.example");
    assert.equal(findStranger(certificate, ["PBX.example"]), undefined);
    assert.equal(findStranger(certificate, ["192.0.2.1", "pbx.example"]), undefined);
    assert.match(
      findStranger(certificate, ["sub.pbx.example"])?.message ?? "",
      /is for pbx.example, not for sub/,
    );
  });

  it("is not who a wildcard would allow (RFC 5922 §7.2)", (context) => {
    const certificate = certificateOf(context, "cn", "DNS:*.example.com");
    assert.match(findStranger(certificate, ["pbx.example.com"])?.message ?? "", /is for \*\.example\.com/);
  });

  it("is who was asked for by an address that it bears as an address", (context) => {
    const certificate = certificateOf(context, "127.0.0.2", "IP:127.0.0.1", "IP:::1");
    assert.equal(findStranger(certificate, ["127.0.0.1"]), undefined);
    assert.equal(findStranger(certificate, ["[::1]"]), undefined);
    assert.match(findStranger(certificate, ["127.0.0.2"])?.message ?? "", /no SIP domain/);
  });
});
