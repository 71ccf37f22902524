import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { exampleSite } from "../../test/support/example-sites.ts";
import { compileSite } from "./number-plan.ts";
import { defaultTargetPolicy } from "./target-policy.ts";
import { resolveTarget, type TargetFault, type TargetPbx } from "./target.ts";

const plan = compileSite(exampleSite());
const pbx: TargetPbx = {
  hosts: new Set(["pbx.example", "192.0.2.1"]),
  redirectNumber: "e164",
  namedExtensions: false,
  hash: "escape",
};
const dialling: TargetPbx = { ...pbx, redirectNumber: "dialled" };

function resolve(text: string, as: TargetPbx = pbx, policy = defaultTargetPolicy, site = plan) {
  const target = resolveTarget(text, site, as, policy);
  return target.ok ? target.value : target.failure;
}

function problemOf(...question: Parameters<typeof resolve>): TargetFault["problem"] | undefined {
  const answer = resolve(...question);
  return "problem" in answer ? answer.problem : undefined;
}

function userOf(...question: Parameters<typeof resolve>): string | undefined {
  const answer = resolve(...question);
  return "contactUser" in answer ? answer.contactUser : undefined;
}

describe("what stands in the 302", () => {
  const rows: [typed: string, e164: string, dialled: string][] = [
    ["102", "102", "102"],
    ["500", "500", "500"],
    ["+49815136856102", "102", "102"],
    ["sip:102@pbx.example", "102", "102"],
    ["SIP:102@PBX.example:5060", "102", "102"],
    ["sip:+4989123456@192.0.2.1", "+4989123456", "0089123456"],
    ["+4989123456", "+4989123456", "0089123456"],
    ["089 123456", "+4989123456", "0089123456"],
    ["(089) 12-34-56", "+4989123456", "0089123456"],
    ["0089123456", "+4989123456", "0089123456"],
    ["+431234567", "+431234567", "000431234567"],
    ["123456", "+498151123456", "008151123456"],
    ["+49815136856", "+49815136856", "0" + "0815136856"],
    ["116117", "116117", "0116117"],
    ["*97", "*97", "*97"],
    ["*97#", "*97%23", "*97%23"],
  ];
  for (const [typed, e164, dialled] of rows) {
    test(`${typed} is ${e164}, or ${dialled} where the PBX wants it dialled`, () => {
      assert.deepEqual([userOf(typed), userOf(typed, dialling)], [e164, dialled]);
    });
  }

  test("a forwarding prefix of its own takes the place of the outside line", () => {
    const site = compileSite(exampleSite({ forwardingPrefix: "88" }));
    assert.equal(userOf("+4989123456", dialling, defaultTargetPolicy, site), "88089123456");
    const none = compileSite(exampleSite({ forwardingPrefix: "" }));
    assert.equal(userOf("+4989123456", dialling, defaultTargetPolicy, none), "089123456");
  });

  test("names where the PBX has names as extensions, or the site names them", () => {
    assert.equal(problemOf("anna.berg"), "unreadable");
    assert.equal(userOf("anna.berg", { ...pbx, namedExtensions: true }), "anna.berg");
    assert.equal(
      userOf("alice", pbx, defaultTargetPolicy, compileSite(exampleSite({ extensions: ["alice"] }))),
      "alice",
    );
  });

  test("no # where the PBX takes none", () => {
    assert.equal(problemOf("*97#", { ...pbx, hash: "refuse" }), "unreadable");
  });

  test("targets are compared by one form, however they are typed", () => {
    for (const typed of ["102", "0815136856102", "sip:102@pbx.example"]) {
      const target = resolve(typed);
      assert.equal("canonical" in target && target.canonical, "102");
    }
  });
});

describe("barred", () => {
  const rows: [typed: string, problem: TargetFault["problem"]][] = [
    ["+499001234567", "premium"],
    ["0900 1 234567", "premium"],
    ["+49900123456", "premium"],
    ["+499001234567890", "premium"],
    ["+4909001234567", "premium"],
    ["+979123456789", "premium"],
    ["+19005551234", "premium"],
    ["+881621234567", "satellite"],
    ["00870773123456", "satellite"],
    ["11833", "premium"],
    ["*31#09001234567", "premium"],
    ["0112", "emergency"],
    ["0110", "emergency"],
    ["*31#112", "emergency"],
    ["sip:bob@elsewhere.example", "foreignHost"],
    ["sip:102@pbx.example.org", "foreignHost"],
  ];
  for (const [typed, problem] of rows) {
    test(`${typed}: ${problem}`, () => {
      const fault = resolve(typed);
      assert.deepEqual("problem" in fault && [fault.code, fault.problem], ["target-barred", problem]);
    });
  }

  test("110 is a colleague only where a line with this extension is known", () => {
    assert.equal(problemOf("110"), "emergency");
    assert.equal(problemOf("112"), "emergency");
    assert.equal(userOf("110", { ...pbx, hasLine: (extension) => extension === "110" }), "110");
    assert.equal(userOf("111"), "111");
  });

  test("what policy permits is permitted", () => {
    const open = {
      ...defaultTargetPolicy,
      premium: true,
      emergency: true,
      foreignHosts: ["elsewhere.example"],
    };
    assert.equal(userOf("+499001234567", pbx, open), "+499001234567");
    assert.equal(userOf("110", pbx, open), "110");
    const foreign = resolve("sip:bob@Elsewhere.example:5080", pbx, open);
    assert.deepEqual(foreign, {
      kind: "uri",
      canonical: "sip:bob@elsewhere.example:5080",
      contactUser: "bob",
      foreignUri: "sip:bob@elsewhere.example:5080",
    });
    assert.equal(problemOf("sip:bob@third.example", pbx, open), "foreignHost");
    assert.equal(problemOf("+431234567", pbx, { ...open, abroad: false }), "abroad");
  });
});

describe("rights of a group", () => {
  const withRights = (rights: Partial<typeof defaultTargetPolicy>, typed: string) =>
    resolve(typed, pbx, { ...defaultTargetPolicy, ...rights });
  const rows: [rights: Partial<typeof defaultTargetPolicy>, typed: string, outcome: string][] = [
    [{ ownCountry: false }, "+4989123456", "ownCountry"],
    [{ ownCountry: false }, "102", "102"],
    [{ ownCountry: false, allow: ["+4989*"] }, "089 123456", "+4989123456"],
    [{ abroad: false, allow: ["+43*"] }, "+431234567", "+431234567"],
    [{ abroad: false, allow: ["+43*"] }, "+41443211234", "abroad"],
    [{ satellite: true }, "+881621234567", "+881621234567"],
    [{ allow: ["+49900*"] }, "+499001234567", "+499001234567"],
    [{ allow: ["11833"] }, "11833", "11833"],
    // A wish to permit everything does not permit that an alarm call ends at a forwarding.
    [{ allow: ["*"] }, "112", "emergency"],
    [{ deny: ["+49171*"] }, "0171 1234567", "denied"],
    [{ deny: ["10?"], allow: ["*"] }, "102", "denied"],
    [{ deny: ["+49*"] }, "+431234567", "+431234567"],
    [{ longest: 8 }, "+4989123456", "unreadable"],
  ];
  for (const [rights, typed, outcome] of rows) {
    test(`${JSON.stringify(rights)}: ${typed} is ${outcome}`, () => {
      const found = withRights(rights, typed);
      assert.equal("problem" in found ? found.problem : found.canonical, outcome);
    });
  }
});

describe("refused: nothing that is not known to be harmless gets on the wire", () => {
  const typed = [
    "",
    " ",
    "+",
    "++49",
    "49+89",
    "999",
    "0",
    "102;x=y",
    "102?Route=sip:evil.example",
    "102>;x=y",
    "102,<sip:evil@evil.example>",
    "102\r\nX-Evil: 1",
    "102\n",
    "\r102",
    "102%0d%0aX: 1",
    "102\u0000",
    "１０２",
    "١٠٢",
    "102\u200b",
    "102\u202e",
    "1\u00a002",
    "tel:+4989123456",
    "javascript:alert(1)",
    "sips:102@pbx.example",
    "http://pbx.example",
    "Local/102@x",
    "SIP/102",
    "102/103",
    "102@pbx.example",
    "sip:102@pbx.example;transport=tcp",
    "sip:102@pbx.example?Route=x",
    "sip:102:secret@pbx.example",
    "sip:1%30@pbx.example",
    "sip:102@pbx.example@evil.example",
    "sip:@pbx.example",
    "sip:pbx.example",
    "<sip:102@pbx.example>",
    "sip:102@pbx.example\r\n",
    '"Anna" <sip:102@pbx.example>',
    "1".repeat(33),
    "1".repeat(10_000),
    `sip:${"1".repeat(33)}@pbx.example`,
    "${jndi:ldap://evil}",
    "102'",
    '102"',
    "102\\",
    "102&103",
    "102|103",
    "$(reboot)",
    "alice",
    "-102x",
  ];
  for (const text of typed) {
    test(JSON.stringify(text.slice(0, 50)), () => {
      const fault = resolve(text);
      assert.ok("problem" in fault && fault.code === "invalid-target" && fault.mend !== undefined);
    });
  }
});

test("whatever is typed, the user part is made of harmless characters alone", () => {
  const open = { ...defaultTargetPolicy, premium: true, emergency: true, foreignHosts: "any" as const };
  const anything = fc.oneof(
    fc.string(),
    fc.string({
      unit: fc.constantFrom(...Array.from("0123456789+*#().- sip:@;?%\r\n/<>,ab")),
      maxLength: 40,
    }),
    fc.string({ unit: fc.constantFrom(...Array.from("0123456789")), maxLength: 34 }),
  );
  fc.assert(
    fc.property(anything, fc.constantFrom(pbx, dialling, { ...pbx, namedExtensions: true }), (text, as) => {
      const target = resolveTarget(text, plan, as, open);
      if (!target.ok) return;
      assert.match(target.value.contactUser, /^(?:[A-Za-z0-9+*._-]|%23)+$/);
      assert.match(target.value.canonical, /^[A-Za-z0-9+*#.:@[\]%_-]+$/);
    }),
    { numRuns: 5000 },
  );
});
