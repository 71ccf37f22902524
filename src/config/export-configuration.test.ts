import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemRandom } from "../base/random.ts";
import { Directory } from "../directory/directory.ts";
import type { Configuration } from "../directory/installation.ts";
import { exportConfiguration } from "./export-configuration.ts";
import { MemoryStore } from "../../test/support/memory-store.ts";
import { loadConfiguration } from "./load-configuration.ts";
import { environmentNames } from "./yaml-source.ts";

const credentials = {
  hashPassword: (password: string) => Promise.resolve(`hashed ${password}`),
  passwordMatches: (password: string, hash: string) => Promise.resolve(hash === `hashed ${password}`),
  hashSecret: (secret: string) => secret,
};

const text = `
sites:
  - { id: s, countryCode: "49", areaCode: "8151", mainNumber: "36856", extensions: ["100-399"], outsideLine: "0",
      nationalPrefix: "0", trustFrom: no, rules: [{ match: "^99(.*)", replace: "$1", callers: internal }] }
profiles:
  - { id: ours, basedOn: asterisk, name: "Ours: #1", source: trace, followsRedirect: no, secondCall: yes, ringLimit: 20,
      marks: [{ says: group, header: Alert-Info, contains: ringgroup }] }
pbxs:
  - { id: q, profile: ours, site: s, registrar: "sip:q.example" }
  - { id: p, profile: asterisk, site: s, registrar: "sip:pbx.example;transport=tcp", domain: corp.example, realm: asterisk,
      redirect: yes, outboundProxy: "sip:10.0.0.1", addresses: [10.0.0.0/8, "2001:db8::1"], expires: 120, registerRate: 5,
      groupNumbers: ["700"], tls: { verify: no }, ringLimit: 30, redirectParameters: "user=phone",
      marks: [{ says: external, header: X-Origin, contains: trunk }, { says: group, prefix: "*9" }] }
groups:
  - { id: g, pbx: p, answers: { busy: 180 }, busyCounts: established }
lines:
  - { id: a-1, group: g, extension: "101", username: "101", authUsername: auth, password: "p: #1", secondCall: yes,
      callWaiting: no, displayName: "Ä: #", phone: { username: yes, password: phone } }
  - { id: a_1, group: g, extension: "102", username: "102", password: other }
users:
  - { name: anna, password: pw, lines: [a-1] }
tokens:
  - { name: t, role: admin, secret: s3cret }
forwardings:
  - { line: a-1, when: noAnswer, callers: external, target: "+4989123456", enabled: no, seconds: 15, groupCalls: yes,
      from: "2026-01-01T00:00:00+01:00", hours: [{ days: [mon, sun], from: "08:00", to: "24:00" }], timeZone: Europe/Berlin }
  - { group: g, when: busy, callers: all, target: "300", mandatory: yes }
`;

const secrets: Readonly<Record<string, string>> = {
  DIVERT_LINE_A_1_PASSWORD: "p: #1",
  DIVERT_LINE_A_1_PHONE_PASSWORD: "phone",
  DIVERT_LINE_A_1_PASSWORD_2: "other",
  DIVERT_USER_ANNA_PASSWORD: "pw",
  DIVERT_TOKEN_T_SECRET: "s3cret",
};

function load(yaml: string): Configuration {
  const result = loadConfiguration(yaml, { file: "x.yaml", environment: secrets });
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

describe("an exported configuration", () => {
  it("is the same configuration when it is read again with its secrets", async () => {
    const directory = await Directory.open({ store: new MemoryStore(), random: systemRandom, credentials });
    const configuration = load(text);
    await directory.apply(configuration);
    const exported = exportConfiguration(directory);
    assert.deepEqual(load(exported), configuration);
    const report = await directory.apply(load(exported), { prune: true });
    assert.deepEqual([report.created, report.changed, report.removed], [[], [], []]);
  });

  it("holds no secret, and a variable of its own for each", async () => {
    const directory = await Directory.open({ store: new MemoryStore(), random: systemRandom, credentials });
    await directory.apply(load(text));
    const exported = exportConfiguration(directory);
    assert.deepEqual(environmentNames(exported).sort(), Object.keys(secrets).sort());
    for (const secret of ["p: #1", "s3cret", "hashed", "password: phone", "other"]) {
      assert.ok(!exported.includes(secret), secret);
    }
  });

  it("is empty for an empty directory, and can be applied", async () => {
    const directory = await Directory.open({ store: new MemoryStore(), random: systemRandom, credentials });
    assert.deepEqual(load(exportConfiguration(directory)).lines, []);
  });
});
