/** The form of a configuration file: its keys, and the defaults of those that are left out. */
import { z } from "zod";
import {
  type Configuration,
  defaultAnswers,
  defaultLimits,
  groupDefaults,
  type LineConfiguration,
  type LineGroup,
  type OwnedForwarding,
  type TokenConfiguration,
  type UserConfiguration,
} from "../directory/installation.ts";
import type { DoNotDisturbSetting } from "../directory/do-not-disturb.ts";
import { relayFailures } from "../forwarding/call-facts.ts";
import { callers, weekdays, whens } from "../forwarding/rules.ts";
import type { Site } from "../numbering/site.ts";
import { isTargetPattern } from "../numbering/target-pattern.ts";
import { hostOf } from "../pbx/hosts.ts";
import type { PbxConfiguration } from "../pbx/pbx-configuration.ts";
import type { ProfileConfiguration } from "../pbx/profile-configuration.ts";
import type { Mark, ProfileValues } from "../pbx/profile.ts";
import {
  hostName,
  id,
  network,
  numbering,
  oneOf,
  serverUri,
  sipUser,
  text,
  truth,
  whole,
  yesNoOr,
} from "./scalars.ts";

const list = <Item extends z.ZodType>(item: Item) => z.array(item, "must be a list");

const site = z.strictObject({
  id,
  countryCode: numbering,
  areaCode: numbering.default(""),
  mainNumber: numbering.default(""),
  extensions: list(text(64)).default([]),
  outsideLine: numbering.default(""),
  forwardingPrefix: numbering.exactOptional(),
  nationalPrefix: numbering.exactOptional(),
  internationalPrefix: numbering.exactOptional(),
  directDialling: truth.exactOptional(),
  trustFrom: truth.default(true),
  internalSites: list(id).exactOptional(),
  stripPrefixes: list(text(32)).exactOptional(),
  rules: list(
    z.strictObject({
      match: text(),
      replace: z.string().max(255),
      callers: oneOf(["internal", "external"]).exactOptional(),
    }),
  ).default([]),
}) satisfies z.ZodType<Site>;

const markForm = { says: oneOf(["internal", "external", "group"]) };
const mark = z.union(
  [
    z.strictObject({ ...markForm, header: text(64), contains: text() }),
    z.strictObject({ ...markForm, prefix: text(32) }),
  ],
  "must have `says`, and either `header` and `contains`, or `prefix`",
) satisfies z.ZodType<Mark>;

/** Keys of a profile that a PBX may have otherwise; whether it follows a 302 is said by `redirect`. */
const profileKeys = {
  identityHeaders: list(oneOf(["P-Asserted-Identity", "Remote-Party-ID", "From"])).exactOptional(),
  marks: list(mark).exactOptional(),
  redirectAfterRinging: truth.exactOptional(),
  redirectHost: oneOf(["domain", "registrar"]).exactOptional(),
  redirectParameters: z
    .string("must be a text")
    .regex(/^[\w=;.%+-]{0,128}$/, "must be URI parameters such as user=phone")
    .exactOptional(),
  redirectNumber: oneOf(["e164", "dialled"]).exactOptional(),
  namedExtensions: truth.exactOptional(),
  hash: oneOf(["escape", "refuse"]).exactOptional(),
  diversion: truth.exactOptional(),
  historyInfo: truth.exactOptional(),
  secondCall: yesNoOr("unknown").exactOptional(),
  relayedFrom: oneOf(["line", "caller"]).exactOptional(),
  ringLimit: whole(1, 3600).exactOptional(),
  callsPerLine: whole(1, 1000).exactOptional(),
  calledParty: list(oneOf(["To", "P-Called-Party-ID"])).exactOptional(),
  keepAlive: oneOf(["none", "crlf", "stun"]).exactOptional(),
  keepAliveSeconds: whole(1, 3600).exactOptional(),
  expires: whole(5, 86_400).exactOptional(),
  registerRate: whole(1, 10_000).exactOptional(),
  webrtcMedia: yesNoOr("unknown").exactOptional(),
};
// What a file may say of a profile is what a profile has, in the same types.
z.strictObject(profileKeys) satisfies z.ZodType<Partial<ProfileValues>>;

const profile = z
  .strictObject({
    id,
    basedOn: text(64).default("generic"),
    name: text(128).exactOptional(),
    source: text(1024).exactOptional(),
    followsRedirect: yesNoOr("unknown").exactOptional(),
    ...profileKeys,
  })
  .transform(({ id, basedOn, name, source, ...values }): ProfileConfiguration => ({
    id,
    basedOn,
    ...(name !== undefined && { name }),
    ...(source !== undefined && { source }),
    values,
  }));

const pbx = z
  .strictObject({
    id,
    profile: text(64).default("generic"),
    site: id,
    registrar: serverUri,
    domain: hostName.exactOptional(),
    realm: text().exactOptional(),
    redirect: yesNoOr("auto").default("auto"),
    outboundProxy: serverUri.exactOptional(),
    addresses: list(network).default([]),
    groupNumbers: list(text(32)).exactOptional(),
    tls: z.strictObject({ ca: text(4096).exactOptional(), verify: truth.default(true) }).exactOptional(),
    ...profileKeys,
  })
  .transform((written): PbxConfiguration => {
    const { id, profile, site, registrar, domain, realm, redirect, outboundProxy, addresses, ...others } =
      written;
    const { groupNumbers, tls, ...overrides } = others;
    return {
      id,
      profile,
      site,
      registrar,
      domain: domain ?? hostOf(registrar),
      ...(realm !== undefined && { realm }),
      redirect,
      ...(outboundProxy !== undefined && { outboundProxy }),
      addresses,
      ...(groupNumbers !== undefined && { groupNumbers }),
      ...(tls !== undefined && { tls }),
      overrides,
    };
  });

const answerCode = z
  .enum(["486", "480", "603", "180"], "must be 486, 480, 603, or 180 to keep ringing")
  .transform((code) => Number(code) as 486 | 480 | 603 | 180);

const targetPattern = z
  .string()
  .refine(
    isTargetPattern,
    "must be digits, + and letters, with ? for any one and * for any number of characters",
  );

const targetRights = z.strictObject({
  foreignHosts: list(hostName.transform((host) => host.toLowerCase())).default([]),
  premium: truth.exactOptional(),
  abroad: truth.exactOptional(),
  satellite: truth.exactOptional(),
  ownCountry: truth.exactOptional(),
  longest: whole(3, 64).exactOptional(),
  allow: list(targetPattern).exactOptional(),
  deny: list(targetPattern).exactOptional(),
});

const group = z.strictObject({
  id,
  pbx: id,
  answers: z
    .strictObject({
      busy: answerCode.default(defaultAnswers.busy),
      noPhone: answerCode.default(defaultAnswers.noPhone),
      declined: answerCode.default(defaultAnswers.declined),
      dnd: answerCode.default(defaultAnswers.dnd),
    })
    .default(defaultAnswers),
  busyCounts: oneOf(["calls", "established"]).default("calls"),
  relayFailure: oneOf(relayFailures).default(groupDefaults.relayFailure),
  targets: targetRights.default({ foreignHosts: [] }),
  groupTargets: targetRights.exactOptional(),
  limits: z
    .strictObject({
      perHour: whole(1, 60_000).default(defaultLimits.perHour),
      relayedAtOnce: whole(1, 10_000).default(defaultLimits.relayedAtOnce),
    })
    .exactOptional(),
}) satisfies z.ZodType<LineGroup>;

/** `yes`, `no`, or where callers go meanwhile; an extension is no word. */
const doNotDisturb = z.union(
  [
    truth.transform((enabled): DoNotDisturbSetting => ({ enabled })),
    text(512).transform((target): DoNotDisturbSetting => ({ enabled: true, target })),
  ],
  "must be yes, no, or a target such as 102",
);

const line = z
  .strictObject({
    id,
    group: id,
    extension: text(32).exactOptional(),
    username: sipUser,
    authUsername: text(128).exactOptional(),
    password: text(),
    secondCall: yesNoOr("unknown").default("unknown"),
    callWaiting: truth.default(true),
    displayName: text(128).exactOptional(),
    phone: z.strictObject({ username: sipUser, password: text() }).exactOptional(),
    dnd: doNotDisturb.exactOptional(),
  })
  .transform(({ dnd, ...written }): LineConfiguration => ({
    ...written,
    extension: written.extension ?? written.id,
    ...(dnd !== undefined && { doNotDisturb: dnd }),
  }));

const user = z.strictObject({
  name: id,
  password: text(1024).exactOptional(),
  role: oneOf(["user", "admin"]).default("user"),
  lines: list(id).default([]),
}) satisfies z.ZodType<UserConfiguration>;

const token = z.strictObject({
  name: id,
  role: oneOf(["user", "admin"]),
  secret: text(1024),
}) satisfies z.ZodType<TokenConfiguration>;

const forwarding = z
  .strictObject({
    line: id.exactOptional(),
    group: id.exactOptional(),
    when: oneOf(whens),
    callers: oneOf(callers).default("all"),
    target: text(512),
    enabled: truth.default(true),
    seconds: whole(1, 600).exactOptional(),
    from: text(64).exactOptional(),
    until: text(64).exactOptional(),
    hours: list(
      z.strictObject({ days: list(oneOf(weekdays)).min(1, "must name a day"), from: text(5), to: text(5) }),
    ).exactOptional(),
    timeZone: text(64).exactOptional(),
    groupCalls: truth.exactOptional(),
    mandatory: truth.exactOptional(),
  })
  .transform(({ line, group, ...forwarding }, context): OwnedForwarding => {
    if (line !== undefined && group === undefined) return { owner: { line }, forwarding };
    if (group !== undefined && line === undefined) return { owner: { group }, forwarding };
    context.addIssue({ code: "custom", message: "must have either `line` or `group`" });
    return z.NEVER;
  });

/** The sections of a file and the form of their items. */
export const sections = {
  sites: site,
  profiles: profile,
  pbxs: pbx,
  groups: group,
  lines: line,
  users: user,
  tokens: token,
  forwardings: forwarding,
} as const satisfies { [Section in keyof Configuration]: z.ZodType<Configuration[Section][number]> };

/** Keys that an item may have at this path within it, for suggestions. */
export function keysAt(section: keyof typeof sections, path: readonly PropertyKey[]): readonly string[] {
  let schema = unwrap(sections[section]);
  for (const step of path) {
    if (schema instanceof z.ZodArray) schema = unwrap(schema.element);
    else if (schema instanceof z.ZodObject) schema = unwrap(shapeOf(schema)[String(step)]);
  }
  return schema instanceof z.ZodObject ? Object.keys(shapeOf(schema)) : [];
}

function shapeOf(schema: z.ZodObject): Readonly<Record<string, z.core.$ZodType>> {
  return schema.shape;
}

function unwrap(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  let inner = schema;
  for (;;) {
    if (inner instanceof z.ZodPipe) inner = inner.in;
    else if (inner instanceof z.ZodDefault || inner instanceof z.ZodExactOptional) inner = inner.unwrap();
    else return inner;
  }
}
