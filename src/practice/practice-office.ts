import type { PracticeExtension } from "./practice-settings.ts";

/** The office that is practised with. Its outside numbers are those that Germany's regulator keeps free for films. */
export const office = {
  domain: "pbx.example",
  countryCode: "49",
  areaCode: "8151",
  mainNumber: "36856",
} as const;

/** What callers from outside dial before an extension. */
export const directDial = `+${office.countryCode}${office.areaCode}${office.mainNumber}`;

/** A rule as the configuration file has it. */
export interface OfficeRule {
  readonly when: "always" | "busy";
  readonly callers: "all" | "internal" | "external";
  readonly target: string;
}

/** A line that Divert registers. */
export interface OfficeLine {
  readonly extension: string;
  /** `ringing`: where no rule fits, the caller hears ringing; so the line is in a call for as long as the caller waits. */
  readonly group: "office" | "ringing";
  readonly rules: readonly OfficeRule[];
}

export const lines: readonly OfficeLine[] = [
  {
    extension: "101",
    group: "office",
    rules: [
      { when: "always", callers: "internal", target: "500" },
      { when: "always", callers: "external", target: "+493023125001" },
    ],
  },
  { extension: "102", group: "ringing", rules: [{ when: "busy", callers: "all", target: "500" }] },
  {
    extension: "103",
    group: "ringing",
    rules: [
      { when: "busy", callers: "internal", target: "106" },
      { when: "busy", callers: "external", target: "+491713920001" },
    ],
  },
  { extension: "104", group: "office", rules: [{ when: "always", callers: "all", target: "105" }] },
];

/** Phones that the PBX's own people have: they call the lines, and forwarded calls end at them. */
export const phones: readonly { readonly extension: string; readonly name: string }[] = [
  { extension: "105", name: "Anna" },
  { extension: "106", name: "Ben" },
  { extension: "500", name: "Reception" },
];

/** All accounts of the PBX, each with a password of `newPassword`. */
export function createAccounts(newPassword: () => string): PracticeExtension[] {
  return [...lines, ...phones].map((each) => ({
    extension: each.extension,
    password: newPassword(),
    secondCall: true,
    ...("name" in each ? { name: each.name } : {}),
  }));
}

/** The configuration file with which Divert serves the office's lines. */
export function writeConfiguration(registrar: string, accounts: readonly PracticeExtension[]): string {
  const passwordOf = (extension: string): string =>
    accounts.find((account) => account.extension === extension)?.password ?? "";
  return [
    "sites:",
    "  - id: practice",
    `    countryCode: "${office.countryCode}"`,
    `    areaCode: "${office.areaCode}"`,
    `    mainNumber: "${office.mainNumber}"`,
    '    extensions: ["100-399", "500"]',
    "pbxs:",
    "  - id: practice",
    "    profile: generic",
    "    site: practice",
    `    registrar: "${registrar}"`,
    `    domain: "${office.domain}"`,
    "    redirect: yes",
    "groups:",
    "  - { id: office, pbx: practice }",
    "  - { id: ringing, pbx: practice, answers: { noPhone: 180 } }",
    "lines:",
    ...lines.map(
      ({ extension, group }) =>
        `  - { id: "${extension}", group: ${group}, username: "${extension}", password: "${passwordOf(extension)}", secondCall: yes }`,
    ),
    "forwardings:",
    ...lines.flatMap(({ extension, rules }) =>
      rules.map(
        ({ when, callers, target }) =>
          `  - { line: "${extension}", when: ${when}, callers: ${callers}, target: "${target}" }`,
      ),
    ),
    "",
  ].join("\n");
}
