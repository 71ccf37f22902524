import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Configuration } from "../directory/installation.ts";
import { profileIds } from "../pbx/profiles/index.ts";
import { loadConfiguration } from "./load-configuration.ts";
import { environmentNames } from "./yaml-source.ts";

const example = `
sites:
  - id: starnberg
    countryCode: "49"
    areaCode: "8151"
    mainNumber: "36856"
    extensions: ["100-399", "500"]
    outsideLine: "0"
pbxs:
  - id: hq
    profile: generic
    site: starnberg
    registrar: "sip:127.0.0.1:5070;transport=udp"
    domain: "pbx.example"
    redirect: auto
groups:
  - id: sales
    pbx: hq
    answers: { busy: 486, noPhone: 480, declined: 603, dnd: 486 }
lines:
  - id: "101"
    group: sales
    username: "101"
    password: "secret"
    secondCall: yes
    callWaiting: true
    phone: { username: "101", password: "phone-secret" }
users:
  - name: anna
    password: "a long passphrase"
    role: user
    lines: ["101"]
tokens:
  - { name: provisioning, role: admin, secret: "\${env:PROVISIONING_TOKEN}" }
forwardings:
  - { line: "101", when: always, callers: internal, target: "102" }
  - { line: "101", when: busy, callers: external, target: "+4989123456" }
  - { group: sales, when: unreachable, callers: all, target: "500", mandatory: false }
`;

function load(text: string, environment: Record<string, string> = { PROVISIONING_TOKEN: "t0ken" }) {
  return loadConfiguration(text, { file: "divert.yaml", environment });
}

function loaded(text: string): Configuration {
  const result = load(text);
  assert.ok(result.ok, JSON.stringify(result.ok ? undefined : result.failure));
  return result.value;
}

function faultsOf(text: string): string[] {
  const result = load(text);
  assert.ok(!result.ok);
  return result.failure.map(({ place, message, mend }) => [place, message, mend].filter(Boolean).join(" "));
}

describe("a configuration file", () => {
  it("is read as the documentation has it, with every default filled in", () => {
    const { sites, pbxs, groups, lines, tokens, forwardings } = loaded(example);
    assert.equal(sites[0]?.trustFrom, true);
    assert.deepEqual(pbxs[0], {
      id: "hq",
      profile: "generic",
      site: "starnberg",
      registrar: "sip:127.0.0.1:5070;transport=udp",
      domain: "pbx.example",
      redirect: "auto",
      addresses: [],
      overrides: {},
    });
    assert.deepEqual(groups[0]?.answers, { busy: 486, noPhone: 480, declined: 603, dnd: 486 });
    assert.equal(groups[0].busyCounts, "calls");
    assert.equal(lines[0]?.extension, "101");
    assert.equal(lines[0].secondCall, "yes");
    assert.equal(tokens[0]?.secret, "t0ken");
    assert.deepEqual(
      forwardings.map(({ owner, forwarding }) => [owner, forwarding.when, forwarding.enabled]),
      [
        [{ line: "101" }, "always", true],
        [{ line: "101" }, "busy", true],
        [{ group: "sales" }, "unreachable", true],
      ],
    );
  });

  it("may be empty, or have empty sections", () => {
    for (const text of ["", "# nothing yet\n", "lines:\nusers: []\n"])
      assert.deepEqual(loaded(text).lines, []);
  });

  it("keeps digits as they are written, quoted or not", () => {
    const { sites, lines } = loaded(`
sites: [{ id: s, countryCode: 49, areaCode: 08151, outsideLine: 0 }]
pbxs: [{ id: p, site: s, registrar: "sip:pbx.example" }]
groups: [{ id: g, pbx: p }]
lines: [{ id: 0101, group: g, username: 0101, password: 0123 }]
`);
    assert.equal(sites[0]?.areaCode, "08151");
    assert.deepEqual([lines[0]?.id, lines[0]?.password], ["0101", "0123"]);
  });

  it("takes yes and no, true and false alike, and the registrar's host for the domain", () => {
    const { pbxs, groups, lines } = loaded(`
sites: [{ id: s, countryCode: "49", trustFrom: no }]
pbxs: [{ id: p, site: s, registrar: "sip:PBX.example:5080;transport=tcp", redirect: true, redirectAfterRinging: no }]
groups: [{ id: g, pbx: p }]
lines:
  - { id: a, group: g, username: a, password: x, secondCall: false, callWaiting: "no" }
  - { id: b, group: g, username: b, password: x }
`);
    assert.equal(pbxs[0]?.redirect, "yes");
    assert.equal(pbxs[0].domain, "pbx.example");
    assert.deepEqual(pbxs[0].overrides, { redirectAfterRinging: false });
    assert.deepEqual(groups[0]?.answers, { busy: 486, noPhone: 486, declined: 486, dnd: 486 });
    assert.deepEqual([lines[0]?.secondCall, lines[0]?.callWaiting], ["no", false]);
    assert.deepEqual([lines[1]?.secondCall, lines[1]?.callWaiting], ["unknown", true]);
  });

  it("is refused with every fault at once, each with its place and its mend, in the file's order", () => {
    const faults = faultsOf(`line: []
sites:
  - { id: s, countrycode: "49", countryCode: "49", extensions: ["100-199", "20-1"] }
pbxs:
  - { id: p, profile: asterix, site: s, registrar: "http://pbx" }
  - { id: q, site: t, registrar: "sip:q.example", expires: soon }
groups:
  - { id: g, pbx: q, answers: { busy: 487, busyy: 486 } }
  - { id: g, pbx: qq }
lines:
  - { id: "101", group: h, usrname: "101", password: "\${env:NOT_SET}" }
  - { id: "101", group: g, username: "101", password: x }
tokens:
  - { name: t, role: boss, secret: x }
`);
    assert.deepEqual(faults, [
      "divert.yaml:1:1 There is no key “line” here. Did you mean “lines”?",
      "divert.yaml:3:14 There is no key “countrycode” here. Did you mean “countryCode”?",
      "divert.yaml:3:76 The bounds of 20-1 differ in length; a range holds numbers of one length. Write a range for each length.",
      "divert.yaml:5:23 There is no profile “asterix”. Did you mean “asterisk”?",
      "divert.yaml:5:52 “registrar” must be a SIP URI such as sip:pbx.example:5060;transport=udp.",
      "divert.yaml:6:20 There is no site “t”. Define the site, or name one that exists.",
      "divert.yaml:6:60 “expires” must be a whole number from 5 to 86400.",
      "divert.yaml:8:39 “busy” must be 486, 480, 603, or 180 to keep ringing.",
      "divert.yaml:8:44 There is no key “busyy” here. Did you mean “busy”?",
      "divert.yaml:9:11 “g” stands under groups twice, first as number 1. Remove one of the two, or give it another name.",
      "divert.yaml:9:19 There is no PBX “qq”. Define the PBX, or name one that exists.",
      "divert.yaml:11:5 “username” is missing. Add `username:` here; it must be a text.",
      "divert.yaml:11:25 There is no group “h”. Define the group, or name one that exists.",
      "divert.yaml:11:28 There is no key “usrname” here. Did you mean “username”?",
      "divert.yaml:11:54 The environment variable NOT_SET is not set. Set NOT_SET for the program that reads this file.",
      "divert.yaml:12:11 “101” stands under lines twice, first as number 1. Remove one of the two, or give it another name.",
      "divert.yaml:14:22 “role” must be user or admin.",
    ]);
  });

  it("has profiles of its own, on one of Divert's, and PBXs that name them", () => {
    const { profiles, pbxs } = loaded(`
profiles:
  - { id: ours, basedOn: asterisk, name: Ours, source: trace, followsRedirect: no, secondCall: yes, expires: 120 }
  - { id: bare }
sites: [{ id: s, countryCode: "49" }]
pbxs:
  - { id: p, profile: ours, site: s, registrar: "sip:pbx.example", registerRate: 5 }
`);
    assert.deepEqual(profiles, [
      {
        id: "ours",
        basedOn: "asterisk",
        name: "Ours",
        source: "trace",
        values: { followsRedirect: "no", secondCall: "yes", expires: 120 },
      },
      { id: "bare", basedOn: "generic", values: {} },
    ]);
    assert.deepEqual([pbxs[0]?.profile, pbxs[0]?.overrides], ["ours", { registerRate: 5 }]);
  });

  it("is refused where a profile of its own has another's id, a basis that Divert does not have, or unknown keys", () => {
    const faults = faultsOf(`profiles:
  - { id: asterisk, ringLimit: 30 }
  - { id: one, basedOn: two }
  - { id: two, basedOn: asterix, keepAlive: pong }
  - { id: two, ringlimit: 20, redirectParameters: "a b" }
sites: [{ id: s, countryCode: "49" }]
pbxs:
  - { id: p, profile: on, site: s, registrar: "sip:pbx.example" }
  - { id: q, profile: two, site: s, registrar: "sip:pbx.example" }
`);
    const known = profileIds.join(", ");
    assert.deepEqual(faults, [
      "divert.yaml:2:11 “asterisk” is a profile of Divert's own. Give yours another id, and base it on that one.",
      `divert.yaml:3:25 Divert has no profile “two” to base this one on. Choose one of ${known}.`,
      "divert.yaml:4:25 Divert has no profile “asterix” to base this one on. Did you mean “asterisk”?",
      "divert.yaml:4:45 “keepAlive” must be none, crlf or stun.",
      "divert.yaml:5:11 “two” stands under profiles twice, first as number 3. Remove one of the two, or give it another name.",
      "divert.yaml:5:16 There is no key “ringlimit” here. Did you mean “ringLimit”?",
      "divert.yaml:5:51 “redirectParameters” must be URI parameters such as user=phone.",
      `divert.yaml:8:23 There is no profile “on”. Choose one of ${known}, one, two.`,
    ]);
  });

  const complete = `
sites: [{ id: s, countryCode: "49", extensions: ["100-399"] }]
pbxs: [{ id: p, site: s, registrar: "sip:pbx.example" }]
groups: [{ id: g, pbx: p }]
lines:
  - { id: "101", group: g, username: "101", password: x, phone: { username: desk, password: y } }
  - { id: "102", group: g, username: "102", password: x }
`;

  for (const [told, forwardings, expected] of [
    [
      "a second rule of the same when and callers",
      '[{ line: "101", when: busy, target: "102" }, { line: "101", when: busy, callers: all, target: "103" }]',
      /9?.*A second forwarding of line 101 for busy and all/,
    ],
    ["a line forwarded to itself", '[{ line: "101", when: always, target: "101" }]', /this very line/],
    ["an emergency number", '[{ line: "101", when: always, target: "112" }]', /emergency/],
    ["a line that is not there", '[{ line: "109", when: always, target: "102" }]', /There is no line “109”/],
    [
      "a target that is none",
      '[{ line: "101", when: always, target: "a b;c" }]',
      /:8:52 .*neither an extension nor a number/,
    ],
    ["an owner that is missing", '[{ when: always, target: "102" }]', /either `line` or `group`/],
    [
      "seconds where nothing waits",
      '[{ line: "101", when: busy, target: "102", seconds: 10 }]',
      /Only a noAnswer forwarding/,
    ],
    ["times that cannot be read", '[{ line: "101", when: busy, target: "102", from: tomorrow }]', /instant/],
    [
      "a mandatory rule of a line",
      '[{ line: "101", when: busy, target: "102", mandatory: yes }]',
      /Only a group/,
    ],
    [
      "a misspelt key beside a bad target",
      '[{ line: "101", wenn: x, when: busy, target: "112" }]',
      /wenn[^]*emergency/,
    ],
  ] as const) {
    it(`is refused for ${told}`, () => {
      assert.match(faultsOf(`${complete}forwardings: ${forwardings}\n`).join("\n"), expected);
    });
  }

  it("is refused for a line forwarded to itself, though its site cannot be read either", () => {
    const faults = faultsOf(
      `${complete.replace("100-399", "300-100")}forwardings: [{ line: "101", when: always, target: "101" }]\n`,
    );
    assert.deepEqual(faults, [
      "divert.yaml:2:50 300-100 begins after its end. Write 100-300.",
      "divert.yaml:8:52 101 is this very line: it cannot be forwarded to itself. Choose another target.",
    ]);
  });

  it("is refused for an extension or a phone that two lines have", () => {
    const faults = faultsOf(`${complete}
  - { id: a, group: g, extension: "101", username: a, password: x }
  - { id: b, group: g, username: b, password: x, phone: { username: desk, password: z } }
`);
    assert.match(
      faults.join("\n"),
      /“101” and “a” have the same extension 101[^]*“101” and “b” have the same phone/,
    );
  });

  it("is refused where it is no YAML, with the place", () => {
    assert.match(faultsOf("lines:\n  - { id: 1\n")[0] ?? "", /^divert\.yaml:\d+:\d+ This is no YAML/);
    assert.match(faultsOf("lines: []\nlines: []\n")[0] ?? "", /^divert\.yaml:2:1 .*Keep one of the two/);
    assert.match(faultsOf("just text\n")[0] ?? "", /sections/);
    assert.match(faultsOf("lines: { id: 1 }\n")[0] ?? "", /“lines” must be a list/);
  });

  it("does not unfold a file that refers to itself a billion times", () => {
    const levels = Array.from({ length: 20 }, (_, n) => `l${n + 1}: &l${n + 1} [${`*l${n},`.repeat(9)}]`);
    assert.ok(faultsOf(`l0: &l0 [x]\n${levels.join("\n")}\n`).length > 0);
  });

  it("tells no secret in its faults", () => {
    const faults = faultsOf(
      `tokens: [{ name: "a b", role: x, secret: CANARY }]\nusers: [{ name: u, password: [CANARY] }]\n`,
    );
    assert.doesNotMatch(faults.join("\n"), /CANARY/);
  });

  it("names the environment variables that it needs", () => {
    assert.deepEqual(environmentNames("a: ${env:A}\nb: x${env:B_2}${env:A}"), ["A", "B_2"]);
  });
});
