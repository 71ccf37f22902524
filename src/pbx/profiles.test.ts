import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { exampleSite } from "../../test/support/example-sites.ts";
import { compileSite } from "../numbering/number-plan.ts";
import { resolveTarget } from "../numbering/target.ts";
import { effectiveProfile, followsRedirect } from "./effective-profile.ts";
import { hostOf, pbxHosts } from "./hosts.ts";
import { findProfile, profileIds, profiles } from "./profiles/index.ts";
import { redirectContact } from "./redirect-contact.ts";
import { targetPbx } from "./target-pbx.ts";

const pbx = { registrar: "sip:192.0.2.1:5070;transport=udp", domain: "PBX.example" };

describe("profiles", () => {
  test("are all that the configuration may name", () => {
    assert.deepEqual(profileIds, ["generic", "asterisk", "kamailio", "freeswitch", "fritzbox", "3cx"]);
    assert.equal(findProfile("nortel"), undefined);
  });

  for (const profile of profiles) {
    test(`${profile.name}: each claim has a source, and a 302 is promised on evidence alone`, () => {
      assert.ok(profile.sources.length > 0);
      if (profile.followsRedirect === "yes") assert.notEqual(profile.evidence, "assumed");
    });
  }

  test("a PBX's own keys are laid over its profile", () => {
    const profile = effectiveProfile({ profile: "kamailio", overrides: { hash: "refuse", ringLimit: 30 } });
    assert.deepEqual(
      [profile.id, profile.hash, profile.ringLimit, profile.namedExtensions],
      ["kamailio", "refuse", 30, true],
    );
    assert.equal(effectiveProfile({ profile: "nortel", overrides: {} }).id, "generic");
  });

  test("auto redirects unless the profile knows better, yes and no are orders", () => {
    const profile = effectiveProfile({ profile: "generic", overrides: {} });
    const follows = (redirect: "yes" | "no" | "auto", known: "yes" | "no" | "unknown") =>
      followsRedirect({ redirect }, { ...profile, followsRedirect: known });
    assert.deepEqual(
      [follows("auto", "yes"), follows("auto", "unknown"), follows("auto", "no")],
      [true, true, false],
    );
    assert.deepEqual([follows("yes", "no"), follows("no", "yes")], [true, false]);
  });
});

describe("a 302's Contact", () => {
  const generic = effectiveProfile({ profile: "generic", overrides: {} });

  test("is at the PBX's domain, or at its registrar without the registrar's parameters", () => {
    assert.equal(redirectContact(pbx, generic, "102"), "sip:102@PBX.example");
    assert.equal(
      redirectContact(pbx, { ...generic, redirectHost: "registrar" }, "102"),
      "sip:102@192.0.2.1:5070",
    );
    const ipv6 = { ...pbx, registrar: "sip:[2001:db8::1]:5070;transport=tcp" };
    assert.equal(
      redirectContact(ipv6, { ...generic, redirectHost: "registrar" }, "102"),
      "sip:102@[2001:db8::1]:5070",
    );
  });

  test("has the profile's parameters", () => {
    for (const redirectParameters of ["user=phone", ";user=phone"]) {
      const contact = redirectContact(pbx, { ...generic, redirectParameters }, "+4989123456");
      assert.equal(contact, "sip:+4989123456@PBX.example;user=phone");
    }
  });

  test("is made for a target that was resolved for the same PBX", () => {
    const target = resolveTarget("sip:102@pbx.EXAMPLE", compileSite(exampleSite()), targetPbx(pbx, generic));
    assert.ok(target.ok);
    assert.equal(redirectContact(pbx, generic, target.value.contactUser), "sip:102@PBX.example");
  });
});

test("a PBX is meant by its domain and by its registrar's host", () => {
  assert.deepEqual([...pbxHosts(pbx)], ["pbx.example", "192.0.2.1"]);
  assert.equal(hostOf("sip:line@[2001:DB8::1]:5060;lr"), "[2001:db8::1]");
  assert.equal(hostOf("tel:102"), "");
});
