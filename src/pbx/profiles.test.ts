import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import { exampleSite } from "../../test/support/example-sites.ts";
import { compileSite } from "../numbering/number-plan.ts";
import { resolveTarget } from "../numbering/target.ts";
import { effectiveProfile, followsRedirect } from "./effective-profile.ts";
import { hostOf, pbxHosts } from "./hosts.ts";
import type { ProfileConfiguration } from "./profile-configuration.ts";
import type { Profile, ProfileKey } from "./profile.ts";
import { generic } from "./profiles/generic.ts";
import { findProfile, profileIds, profiles } from "./profiles/index.ts";
import { redirectContact } from "./redirect-contact.ts";
import { targetPbx } from "./target-pbx.ts";
import { toldKeys } from "./told-keys.ts";

const pbx = { registrar: "sip:192.0.2.1:5070;transport=udp", domain: "PBX.example" };
const root = join(import.meta.dirname, "../..");

describe("profiles", () => {
  test("are found by their ids, of which each is there once", () => {
    assert.equal(new Set(profileIds).size, profiles.length);
    for (const profile of profiles) assert.equal(findProfile(profile.id), profile);
    assert.equal(findProfile("nortel"), undefined);
  });

  test("are all the files in their folder", () => {
    const files = readdirSync(join(import.meta.dirname, "profiles")).filter((name) => name !== "index.ts");
    assert.equal(profiles.length, files.length);
  });

  for (const profile of profiles)
    describe(profile.name, () => {
      test("says how each of its values is known, and nothing of values that it has not", () => {
        const { id, name, remarks, evidence, ...values } = profile;
        assert.deepEqual(Object.keys(evidence).sort(), Object.keys(values).sort());
        assert.match(id, /^[a-z0-9-]+$/);
        assert.ok(name !== "" && remarks.length > 0);
        for (const remark of remarks) assert.match(remark, /^[^\n]+[.]$/);
      });

      test("claims nothing above its evidence", () => {
        for (const { key, value, evidence, source } of toldKeys(profile)) {
          switch (evidence) {
            case "tested":
              assert.match(
                source ?? "",
                /^test\/(interop|asterisk)\/[\w.-]+\.ts$/,
                `${key} is tested by a test`,
              );
              assert.ok(existsSync(join(root, source ?? "")), `${key}: ${source ?? ""} is there`);
              break;
            case "documented":
              assert.ok((source ?? "").length > 20 && !/\n/.test(source ?? ""), `${key} names its source`);
              break;
            case "assumed":
              assert.equal(source, undefined);
              assert.deepEqual(value, generic[key], `${key}: what is assumed is what is assumed of any PBX`);
              break;
            case "found":
            case "configured":
              assert.fail(`${key}: no installation has a part in a profile of Divert's`);
          }
        }
      });

      test("makes a SIP URI of any target for the 302, at the PBX and never at Divert", () => {
        fc.assert(
          fc.property(targets, fc.constantFrom(...registrars), (target, registrar) => {
            const at = { registrar, domain: hostOf(registrar) };
            const resolved = resolveTarget(target, plan, targetPbx(at, profile));
            if (!resolved.ok) return;
            const contact = redirectContact(at, profile, resolved.value.contactUser);
            assert.match(contact, sipUriForm, `${target} at ${registrar}`);
            assert.equal(hostOf(contact), hostOf(registrar));
          }),
        );
      });

      test("says with its marks what a header or a prefix can say", () => {
        for (const mark of profile.marks) {
          if ("prefix" in mark) assert.notEqual(mark.prefix, "");
          else assert.ok(/^[\w-]+$/.test(mark.header) && mark.contains !== "");
        }
      });
    });

  test("a PBX's own keys are laid over its profile, and told as configured", () => {
    const profile = effectiveProfile({ profile: "kamailio", overrides: { hash: "refuse", ringLimit: 30 } });
    assert.deepEqual(
      [profile.id, profile.hash, profile.ringLimit, profile.namedExtensions],
      ["kamailio", "refuse", 30, true],
    );
    assert.deepEqual(levelsOf(profile, ["hash", "ringLimit", "namedExtensions", "keepAlive"]), [
      "configured",
      "configured",
      "tested",
      "assumed",
    ]);
    assert.equal(effectiveProfile({ profile: "nortel", overrides: {} }).id, "generic");
  });

  test("an installation's own profile is laid over Divert's, and the PBX's keys over that", () => {
    const written: ProfileConfiguration = {
      id: "ours",
      basedOn: "asterisk",
      source: "trace of May",
      values: { followsRedirect: "no", ringLimit: 25, expires: 120 },
    };
    const profile = effectiveProfile({ profile: "ours", overrides: { expires: 60 } }, written);
    assert.deepEqual(
      [
        profile.id,
        profile.name,
        profile.followsRedirect,
        profile.ringLimit,
        profile.expires,
        profile.secondCall,
      ],
      ["ours", "ours", "no", 25, 60, "yes"],
    );
    const told = new Map(toldKeys(profile).map(({ key, evidence, source }) => [key, [evidence, source]]));
    assert.deepEqual(told.get("ringLimit"), ["configured", "trace of May"]);
    assert.deepEqual(told.get("expires"), ["configured", undefined]);
    assert.equal(told.get("secondCall")?.[0], "tested");
    assert.equal(followsRedirect({ redirect: "auto" }, profile), false);
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

function levelsOf({ evidence }: Profile, keys: readonly ProfileKey[]): unknown[] {
  return keys.map((key) => evidence[key]?.level);
}

const plan = compileSite(exampleSite());
const registrars = [
  pbx.registrar,
  "sip:pbx.example",
  "sip:[2001:db8::1]:5070;transport=tcp",
  "sips:pbx.example",
];
/** What people type: numbers with what they put between, names, URIs, and what is neither. */
const targets = fc.oneof(
  fc.constantFrom("102", "+4989123456", "0 89/12 34-56", "*72", "#31#", "sip:102@pbx.example", "front.desk"),
  fc.string({
    unit: fc.constantFrom(...Array.from("0123456789+*#/ -().@;:%aZ_")),
    minLength: 1,
    maxLength: 24,
  }),
  fc.string({ maxLength: 12 }),
);
/** RFC 3261 §25.1, of what Divert puts into a 302: no password, no headers, a user part without what has to be escaped. */
const sipUriForm =
  /^sip:(?:[\w+*.-]|%[0-9A-F]{2})+@(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?(?:;[\w.%+-]+(?:=[\w.%+-]+)?)*$/i;

describe("a 302's Contact", () => {
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
