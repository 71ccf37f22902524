/** What the HTTP side needs of the rest: the ports that `main` fills. */
import type { CallAction, CallLog } from "../calls/call-log.ts";
import type { CheckRun } from "../check/check-run.ts";
import type { CheckWish } from "../check/checks.ts";
import type { Role } from "../directory/installation.ts";
import type { ApplyReport, Directory } from "../directory/directory.ts";
import type { Stage } from "../forwarding/call-facts.ts";
import type { RuleName } from "../forwarding/reasons.ts";
import type { CallerClass } from "../forwarding/rules.ts";
import type { EventHub } from "./event-hub.ts";

export interface Application {
  readonly directory: Directory;
  readonly lineStates: LineStates;
  readonly callLog: Pick<CallLog, "find">;
  readonly explainer: Explainer;
  readonly events: EventHub;
  readonly tokens: TokenCheck;
  readonly configurations: ConfigurationFiles;
  readonly health: HealthReport;
  readonly metrics: MetricsText;
  /** Absent: no server runs, so nobody can be called. */
  readonly checks?: PbxChecks;
}

/** Finds out by test calls what a PBX does. */
export interface PbxChecks {
  /** The latest check since the start. */
  find(pbx: string): CheckRun | undefined;
  /** Throws `unknown-pbx`, `unknown-line`, `invalid-input`, `check-running`. */
  start(pbx: string, wish: CheckWish, actor: string): CheckRun;
}

/** Who asks. `lines` are those that are the account's own; an administrator may change all. */
export interface Principal {
  readonly name: string;
  readonly role: Role;
  readonly lines: readonly string[];
}

export interface TokenCheck {
  /** The account that the bearer secret is of; takes the same time whichever is wrong. */
  check(secret: string): Principal | undefined;
}

/** What a line is doing now. */
export interface LineState {
  readonly registration: RegistrationState;
  /** Calls in progress. */
  readonly calls: number;
  /** Phones registered. */
  readonly phones: number;
}

export interface RegistrationState {
  /** One word: `registered`, `registering`, `waiting`, `rejected`, `unregistered`, ... */
  readonly state: string;
  /** Since when (ISO 8601). */
  readonly since?: string;
  /** Until when the binding holds unless it is refreshed (ISO 8601). */
  readonly expiresAt?: string;
  /** Why it is not registered, in words. */
  readonly reason?: string;
}

export interface LineStates {
  /** Undefined: this process does not run the line, the command line without a server for instance. */
  stateOf(lineId: string): LineState | undefined;
  /** The phones that are registered for the line; absent where no server runs. */
  phonesOf?(lineId: string): readonly RegisteredPhone[];
}

/** A phone that can be rung. */
export interface RegisteredPhone {
  readonly contact: string;
  /** `UDP`, `TCP`, `TLS`, `WS`, `WSS`. */
  readonly transport: string;
  /** Address and port that it was heard from. */
  readonly source: string;
  readonly userAgent?: string;
  /** Until when it counts unless it registers again (ISO 8601). */
  readonly expiresAt: string;
  /** Why its calls may be silent: a stable code, and a sentence. */
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

/** A call as somebody imagines it; what is absent is as it is now. */
export interface ExplainInput {
  /** Anything that a PBX may write. */
  readonly caller: string;
  /** Calls in progress at the line. */
  readonly calls?: number;
  readonly phones?: number;
  /** Milliseconds since 1970. */
  readonly at?: number;
  readonly stage?: Stage;
  readonly diversions?: number;
  /** Do not disturb. */
  readonly dnd?: boolean;
}

export interface Explanation {
  readonly action: Exclude<CallAction, "dial">;
  readonly target?: string;
  readonly rule?: RuleName;
  /** SIP status of the answer; absent while it rings. */
  readonly status?: number;
  readonly caller: CallerClass;
  readonly because: readonly string[];
}

export interface Explainer {
  /** What would become of the call: the very decision that calls get. The line exists. */
  explain(lineId: string, input: ExplainInput): Explanation;
}

/** Configuration files in and out. */
export interface ConfigurationFiles {
  /** Throws or rejects with `invalid-configuration` and all faults. `file` is the name that faults are told with. */
  apply(
    text: string,
    options: {
      readonly file: string;
      readonly prune: boolean;
      readonly actor: string;
      /** For `${env:NAME}`; absent: nothing is set. */
      readonly environment?: Readonly<Record<string, string | undefined>>;
    },
  ): Promise<ApplyReport>;
  /** YAML without any secret. */
  export(): string;
}

export interface HealthReport {
  /** `starting` until the configuration is in and all listeners are open; `stopping` while calls drain. */
  state(): "starting" | "running" | "stopping";
  /** What new calls depend on, by name, each with whether it is well. */
  checks(): Readonly<Record<string, boolean>>;
}

export interface MetricsText {
  readonly contentType: string;
  text(): Promise<string>;
  observeRequest(method: string, route: string, status: number, seconds: number): void;
}
