import { groupDefaults } from "../../src/directory/installation.ts";
import type { CallRecord } from "../../src/calls/call-log.ts";
import type { Line, StoredForwarding, StoredInstallation } from "../../src/directory/directory-store.ts";

export const emptyInstallation: StoredInstallation = {
  sites: [],
  profiles: [],
  pbxs: [],
  groups: [],
  lines: [],
  users: [],
  tokens: [],
  forwardings: [],
  doNotDisturb: [],
  findings: [],
};

/** One of each, with every optional field used somewhere and left out somewhere. */
export const sampleInstallation: StoredInstallation = {
  sites: [
    {
      id: "starnberg",
      countryCode: "49",
      areaCode: "8151",
      mainNumber: "36856",
      extensions: ["100-399", "500"],
      outsideLine: "0",
      trustFrom: true,
      rules: [{ match: "^99", replace: "", callers: "internal" }],
    },
  ],
  profiles: [
    {
      id: "our-own",
      name: "Our own",
      basedOn: "asterisk",
      source: "trace of May",
      values: { followsRedirect: "no", marks: [{ says: "group", prefix: "*9" }], expires: 120 },
    },
    { id: "plain", basedOn: "generic", values: {} },
  ],
  pbxs: [
    {
      id: "hq",
      profile: "generic",
      site: "starnberg",
      registrar: "sip:127.0.0.1:5070",
      domain: "pbx.example",
      redirect: "auto",
      addresses: ["10.0.0.0/8"],
      overrides: { redirectAfterRinging: false },
    },
  ],
  groups: [
    {
      id: "sales",
      pbx: "hq",
      answers: { busy: 486, noPhone: 480, declined: 603, dnd: 486 },
      busyCounts: "calls",
      ...groupDefaults,
    },
  ],
  lines: [
    sampleLine("101", {
      authUsername: "auth101",
      displayName: "Anna Ä.",
      phone: { username: "101", password: "phone-secret" },
    }),
    sampleLine("102", { secondCall: "unknown", callWaiting: false }),
  ],
  users: [
    { name: "anna", role: "user", lines: ["101", "102"], passwordHash: "$argon2id$x" },
    { name: "root", role: "admin", lines: [] },
  ],
  tokens: [{ name: "provisioning", role: "admin", secretHash: "00ff" }],
  forwardings: [
    {
      owner: { group: "sales" },
      when: "unreachable",
      callers: "all",
      forwarding: { when: "unreachable", callers: "all", target: "500", enabled: true, mandatory: false },
    },
    sampleForwarding("101", "102", { appliedEtag: "abc" }),
    {
      owner: { line: "101" },
      when: "noAnswer",
      callers: "external",
      forwarding: {
        when: "noAnswer",
        callers: "external",
        target: "+4989123456",
        enabled: false,
        seconds: 25,
        from: "2026-01-01T00:00:00+01:00",
        until: "2027-01-01T00:00:00+01:00",
        hours: [{ days: ["mon", "fri"], from: "08:00", to: "17:30" }],
        timeZone: "Europe/Berlin",
        groupCalls: true,
      },
    },
    { owner: { line: "102" }, when: "busy", callers: "internal", appliedEtag: "taken-away" },
  ],
  findings: [
    {
      pbx: "hq",
      findings: [
        {
          id: "redirect",
          verdict: "yes",
          seen: [{ code: "arrived", line: "103", afterMs: 12 }],
          at: Date.parse("2026-11-23T08:00:00Z"),
        },
      ],
    },
  ],
  doNotDisturb: [
    { line: "101", setting: { enabled: true, target: "500" }, appliedTag: "abc" },
    { line: "102", setting: { enabled: false } },
  ],
};

export function sampleLine(id: string, more: Partial<Line> = {}): Line {
  return {
    id,
    group: "sales",
    extension: id,
    username: id,
    password: `secret-${id}`,
    secondCall: "yes",
    callWaiting: true,
    contactToken: `token-${id}`,
    ...more,
  };
}

export function sampleForwarding(
  line: string,
  target: string,
  more: Partial<StoredForwarding> = {},
): StoredForwarding {
  return {
    owner: { line },
    when: "always",
    callers: "all",
    forwarding: { when: "always", callers: "all", target, enabled: true },
    ...more,
  };
}

export function sampleCall(number: number, more: Partial<CallRecord> = {}): CallRecord {
  return {
    id: `call-${String(number).padStart(4, "0")}`,
    startedAt: 1_000_000 + number,
    line: "101",
    caller: "+498912345",
    callerClass: "external",
    lineState: "idle",
    action: "redirect",
    target: "102",
    rule: { owner: "user", when: "always", callers: "all" },
    status: 302,
    reasons: ["Calls from outside go to 102."],
    endedAs: "forwarded",
    ...more,
  };
}
