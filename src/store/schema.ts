/**
 * The tables, one schema for every database. Truth values are 0 and 1; documents are JSON text: settings that are
 * only ever read as a whole need no column each.
 */
export interface Schema {
  readonly site: DocumentTable;
  readonly pbx_profile: DocumentTable;
  readonly pbx: DocumentTable & { readonly site: string };
  readonly line_group: DocumentTable & { readonly pbx: string };
  readonly line: LineTable;
  readonly account: AccountTable;
  readonly account_line: AccountLineTable;
  readonly api_token: ApiTokenTable;
  readonly line_forwarding: ForwardingTable;
  readonly group_forwarding: ForwardingTable;
  readonly do_not_disturb: DoNotDisturbTable;
  readonly pbx_finding: FindingTable;
  readonly call: CallTable;
}

export interface DocumentTable {
  readonly id: string;
  readonly document: string;
}

export interface LineTable {
  readonly id: string;
  readonly line_group: string;
  readonly extension: string;
  readonly username: string;
  readonly auth_username: string | null;
  readonly password: string;
  readonly second_call: string;
  readonly call_waiting: number;
  readonly display_name: string | null;
  readonly phone_username: string | null;
  readonly phone_password: string | null;
  readonly contact_token: string;
}

export interface AccountTable {
  readonly name: string;
  readonly role: string;
  readonly password_hash: string | null;
}

export interface AccountLineTable {
  readonly account: string;
  readonly line: string;
}

export interface ApiTokenTable {
  readonly name: string;
  readonly role: string;
  readonly secret_hash: string;
}

export interface ForwardingTable {
  /** Id of the line or of the group. */
  readonly owner: string;
  readonly when: string;
  readonly callers: string;
  /** Null: its user took away what a configuration file had set. */
  readonly target: string | null;
  readonly enabled: number;
  readonly seconds: number | null;
  readonly valid_from: string | null;
  readonly valid_until: string | null;
  /** JSON. */
  readonly hours: string | null;
  readonly time_zone: string | null;
  readonly group_calls: number | null;
  readonly mandatory: number | null;
  readonly applied_etag: string | null;
}

export interface DoNotDisturbTable {
  readonly line: string;
  readonly enabled: number;
  readonly target: string | null;
  readonly applied_tag: string | null;
}

export interface FindingTable {
  readonly pbx: string;
  /** JSON. */
  readonly findings: string;
}

export interface CallTable {
  readonly id: string;
  readonly started_at: number;
  readonly line: string;
  readonly caller: string;
  readonly caller_class: string;
  readonly called: string | null;
  readonly line_state: string;
  readonly action: string;
  readonly target: string | null;
  readonly rule_owner: string | null;
  readonly rule_when: string | null;
  readonly rule_callers: string | null;
  readonly status: number;
  /** JSON. */
  readonly reasons: string;
  readonly ended_as: string;
  readonly duration_ms: number | null;
}
