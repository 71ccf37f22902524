import { Document, isMap, isSeq } from "yaml";
import type { Directory } from "../directory/directory.ts";
import type { Line } from "../directory/directory-store.ts";
import type { ForwardingOwner } from "../directory/installation.ts";
import { hostOf } from "../pbx/hosts.ts";
import type { PbxConfiguration } from "../pbx/pbx-configuration.ts";
import type { ProfileConfiguration } from "../pbx/profile-configuration.ts";

/**
 * The directory as a configuration file (YAML). It holds no secret: in the place of each stands a variable,
 * `${env:DIVERT_LINE_101_PASSWORD}`, to be set when the file is applied. Of tokens and users only hashes are kept, so
 * theirs could not be told anyway; a whole copy, secrets included, is what a backup is for.
 */
export function exportConfiguration(directory: Directory): string {
  const variables = new VariableNames();
  const document = new Document({
    sites: [...directory.sites()],
    profiles: [...directory.profiles()].map(writeProfile),
    pbxs: [...directory.pbxs()].map(writePbx),
    groups: [...directory.groups()],
    lines: [...directory.lines()].map((line) => writeLine(line, directory, variables)),
    users: [...directory.users()].map(({ name, role, lines, passwordHash }) => ({
      name,
      ...(passwordHash !== undefined && { password: variables.take("USER", name, "PASSWORD") }),
      role,
      lines,
    })),
    tokens: [...directory.tokens()].map(({ name, role }) => ({
      name,
      role,
      secret: variables.take("TOKEN", name, "SECRET"),
    })),
    forwardings: [
      ...[...directory.lines()].flatMap(({ id }) => writeForwardings(directory, { line: id })),
      ...[...directory.groups()].flatMap(({ id }) => writeForwardings(directory, { group: id })),
    ],
  });
  layOut(document);
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

function writeProfile({ values, ...profile }: ProfileConfiguration): object {
  return { ...profile, ...values };
}

function writePbx({ overrides, domain, ...pbx }: PbxConfiguration): object {
  return { ...pbx, ...(domain !== hostOf(pbx.registrar) && { domain }), ...overrides };
}

function writeLine(line: Line, directory: Directory, variables: VariableNames): object {
  const { id, group, extension, username, authUsername, secondCall, callWaiting, displayName, phone } = line;
  const { setting } = directory.doNotDisturbSetting(id);
  return {
    id,
    group,
    ...(extension !== id && { extension }),
    username,
    ...(authUsername !== undefined && { authUsername }),
    password: variables.take("LINE", id, "PASSWORD"),
    secondCall,
    callWaiting,
    ...(displayName !== undefined && { displayName }),
    ...(phone !== undefined && {
      phone: { username: phone.username, password: variables.take("LINE", id, "PHONE_PASSWORD") },
    }),
    ...(setting.enabled && { dnd: setting.target ?? true }),
  };
}

function writeForwardings(directory: Directory, owner: ForwardingOwner): object[] {
  return directory.forwardings(owner).map(({ forwarding }) => ({ ...owner, ...forwarding }));
}

/** One line each for tokens and forwardings, and for what stands within an item; empty sections are left out. */
function layOut(document: Document): void {
  const { contents } = document;
  if (!isMap(contents)) return;
  contents.items = contents.items.filter(({ value }) => isSeq(value) && value.items.length > 0);
  for (const { key, value } of contents.items) {
    if (!isSeq(value)) continue;
    for (const item of value.items) {
      if (!isMap(item)) continue;
      const name = String(key);
      if (name === "forwardings" || name === "tokens") item.flow = true;
      for (const { value: inner } of item.items) if (isMap(inner) || isSeq(inner)) inner.flow = true;
    }
  }
}

/** Names of environment variables, each of its own even where ids differ in their punctuation alone. */
class VariableNames {
  readonly #taken = new Set<string>();

  take(kind: string, id: string, what: string): string {
    const stem = `DIVERT_${kind}_${id.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_")}_${what}`;
    let name = stem;
    for (let number = 2; this.#taken.has(name); number++) name = `${stem}_${number}`;
    this.#taken.add(name);
    return `\${env:${name}}`;
  }
}
