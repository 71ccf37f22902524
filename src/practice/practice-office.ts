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
  readonly when: "always" | "busy" | "noAnswer";
  readonly callers: "all" | "internal" | "external";
  readonly target: string;
  /** Of `noAnswer`. */
  readonly seconds?: number;
}

/** A line's own phone, which registers at Divert. */
export interface LinePhone {
  readonly username: string;
  readonly protocol: "UDP" | "TCP";
  /** Or it rings until the caller gives up. */
  readonly isAnswered: boolean;
}

/** A line that Divert registers. */
export interface OfficeLine {
  readonly extension: string;
  readonly phone?: LinePhone;
  readonly rules: readonly OfficeRule[];
}

export const lines: readonly OfficeLine[] = [
  {
    extension: "101",
    rules: [
      { when: "always", callers: "internal", target: "500" },
      { when: "always", callers: "external", target: "+493023125001" },
    ],
  },
  {
    extension: "102",
    phone: { username: "phone-102", protocol: "UDP", isAnswered: true },
    rules: [{ when: "busy", callers: "all", target: "500" }],
  },
  {
    extension: "103",
    phone: { username: "phone-103", protocol: "TCP", isAnswered: false },
    rules: [
      { when: "busy", callers: "internal", target: "106" },
      { when: "busy", callers: "external", target: "+491713920001" },
      { when: "noAnswer", callers: "all", target: "106", seconds: 4 },
    ],
  },
  { extension: "104", rules: [{ when: "always", callers: "all", target: "105" }] },
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

/** Passwords of the lines' own phones, by user name, each of `newPassword`. */
export function createPhonePasswords(newPassword: () => string): ReadonlyMap<string, string> {
  return new Map(
    lines.flatMap(({ phone }) => (phone === undefined ? [] : [[phone.username, newPassword()]])),
  );
}

/** The configuration file with which Divert serves the office's lines; a phone without a password is left out. */
export function writeConfiguration(
  registrar: string,
  accounts: readonly PracticeExtension[],
  phonePasswords: ReadonlyMap<string, string> = new Map(),
): string {
  const passwordOf = (extension: string): string =>
    accounts.find((account) => account.extension === extension)?.password ?? "";
  const phoneOf = ({ phone }: OfficeLine): string => {
    const password = phone === undefined ? undefined : phonePasswords.get(phone.username);
    return phone === undefined || password === undefined
      ? ""
      : `, phone: { username: "${phone.username}", password: "${password}" }`;
  };
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
    "lines:",
    ...lines.map(
      (line) =>
        `  - { id: "${line.extension}", group: office, username: "${line.extension}", password: "${passwordOf(line.extension)}", secondCall: yes${phoneOf(line)} }`,
    ),
    "forwardings:",
    ...lines.flatMap(({ extension, rules }) =>
      rules.map(
        ({ when, callers, target, seconds }) =>
          `  - { line: "${extension}", when: ${when}, callers: ${callers}, target: "${target}"${seconds === undefined ? "" : `, seconds: ${seconds}`} }`,
      ),
    ),
    "",
  ].join("\n");
}
