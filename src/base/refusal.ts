/**
 * Every reason for which a request of a user or program is refused. The codes are stable: programs rely on them.
 * `http/problem.ts` maps each to a status.
 */
export type RefusalCode =
  | "not-found"
  | "unknown-line"
  | "unknown-group"
  | "unknown-pbx"
  | "unknown-site"
  | "invalid-input"
  | "invalid-configuration"
  | "invalid-target"
  | "target-is-self"
  | "target-barred"
  | "no-such-forwarding"
  | "precondition-failed"
  | "unauthenticated"
  | "forbidden"
  | "check-running"
  | "no-server"
  | "too-many-requests"
  | "too-large"
  | "unsupported-media-type"
  | "storage-unavailable"
  | "address-unavailable";

/** One fault in what was handed in: where it stands and how to mend it. */
export interface Fault {
  /** Path within the input, for instance `lines[3].password`. */
  readonly path: string;
  /** File and position, where the input was a file: `divert.yaml:12:5`. */
  readonly place?: string;
  readonly message: string;
  readonly mend?: string;
}

/** A refusal to a user: safe to show, with a stable code. Anything else that is thrown is a bug. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly faults: readonly Fault[];

  constructor(code: RefusalCode, message: string, faults: readonly Fault[] = [], options?: ErrorOptions) {
    super(message, options);
    this.name = "Refusal";
    this.code = code;
    this.faults = faults;
  }
}
