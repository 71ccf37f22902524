/** How the installation's rows stand in the tables, and back. What is read was written by us: it is trusted. */
import type { Line, StoredFindings, Token, User } from "../directory/directory-store.ts";
import type { StoredDoNotDisturb } from "../directory/do-not-disturb.ts";
import type {
  AccountTable,
  ApiTokenTable,
  DocumentTable,
  DoNotDisturbTable,
  FindingTable,
  LineTable,
} from "./schema.ts";

export function documentOf(row: { readonly id: string }): DocumentTable {
  return { id: row.id, document: JSON.stringify(row) };
}

export function readDocument(row: Pick<DocumentTable, "document">): unknown {
  return JSON.parse(row.document);
}

export function lineRow(line: Line): LineTable {
  return {
    id: line.id,
    line_group: line.group,
    extension: line.extension,
    username: line.username,
    auth_username: line.authUsername ?? null,
    password: line.password,
    second_call: line.secondCall,
    call_waiting: line.callWaiting ? 1 : 0,
    display_name: line.displayName ?? null,
    phone_username: line.phone?.username ?? null,
    phone_password: line.phone?.password ?? null,
    contact_token: line.contactToken,
  };
}

export function readLine(row: LineTable): Line {
  return {
    id: row.id,
    group: row.line_group,
    extension: row.extension,
    username: row.username,
    ...(row.auth_username !== null && { authUsername: row.auth_username }),
    password: row.password,
    secondCall: row.second_call as Line["secondCall"],
    callWaiting: row.call_waiting === 1,
    ...(row.display_name !== null && { displayName: row.display_name }),
    ...(row.phone_username !== null &&
      row.phone_password !== null && {
        phone: { username: row.phone_username, password: row.phone_password },
      }),
    contactToken: row.contact_token,
  };
}

export function accountRow(user: User): AccountTable {
  return { name: user.name, role: user.role, password_hash: user.passwordHash ?? null };
}

export function readUser(row: AccountTable, lines: readonly string[]): User {
  return {
    name: row.name,
    role: row.role as User["role"],
    lines,
    ...(row.password_hash !== null && { passwordHash: row.password_hash }),
  };
}

export function apiTokenRow(token: Token): ApiTokenTable {
  return { name: token.name, role: token.role, secret_hash: token.secretHash };
}

export function readToken(row: ApiTokenTable): Token {
  return { name: row.name, role: row.role as Token["role"], secretHash: row.secret_hash };
}

export function doNotDisturbRow({ line, setting, appliedTag }: StoredDoNotDisturb): DoNotDisturbTable {
  return {
    line,
    enabled: setting.enabled ? 1 : 0,
    target: setting.target ?? null,
    applied_tag: appliedTag ?? null,
  };
}

export function readDoNotDisturb(row: DoNotDisturbTable): StoredDoNotDisturb {
  return {
    line: row.line,
    setting: { enabled: row.enabled === 1, ...(row.target !== null && { target: row.target }) },
    ...(row.applied_tag !== null && { appliedTag: row.applied_tag }),
  };
}

export function findingsRow({ pbx, findings }: StoredFindings): FindingTable {
  return { pbx, findings: JSON.stringify(findings) };
}

export function readFindings({ pbx, findings }: FindingTable): StoredFindings {
  return { pbx, findings: JSON.parse(findings) as StoredFindings["findings"] };
}
